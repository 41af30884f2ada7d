"""What a machine sees of pages and prose: languages in step, dead links, unmarked terms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from course.exercises.catalogue import PROSE, Catalogue
from course.exercises.lint import same_structure
from course.lessons import catalogue, glossary, markdown
from course.lessons.documents import read_text

if TYPE_CHECKING:
    from markdown_it.token import Token

    from course.lessons.catalogue import Course, LessonPage

LANGUAGES = ("zh", "en")
EXERCISE = re.compile(r"/exercises/(u\d\d-\d)/")
CODE = ("code_inline", "fence", "code_block")
FRONT = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)


def problems(course: Course, exercises: Catalogue) -> Iterator[str]:
    """One sentence per problem, with the file it is in."""
    for page in _pages(course):
        name = f"{page.unit}/{page.number}-{page.name}"
        missing = [language for language in LANGUAGES if language not in page.files]
        if missing:
            yield f"{name}: there is no .{missing[0]}.md"
            continue
        chinese, english = (_text(page.files[language]) for language in LANGUAGES)
        yield from same_structure(name, chinese, english)
    for path in _prose(course, exercises):
        for link in dead_links(_text(path), exercises):
            yield f"{path.parent.name}/{path.name}: {link} leads nowhere"


def unmarked(course: Course) -> Iterator[str]:
    """Terms of the glossary that a page uses before it, or a page before it, has marked them."""
    known: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for page in _pages(course):
        for language, path in page.files.items():
            tokens = markdown.parse(_text(path))
            known[language].update(term for term, _ in markdown.used_terms(tokens))
            prose = " ".join(_words(tokens))
            for name, meaning in glossary.terms(language).meanings.items():
                if name not in known[language] and _says(prose, meaning.term, language):
                    known[language].add(name)  # Told once.
                    where = f"{path.parent.name}/{path.name}"
                    yield f"{where}: {meaning.term} is not marked: [[{name}]]"


def dead_links(text: str, exercises: Catalogue) -> Iterator[str]:
    """Links to a page, an exercise or a heading that is not there; other sites are not asked."""
    tokens = markdown.parse(text)
    headings = {token.attrs.get("id") for token in tokens if token.type == "heading_open"}
    for token in tokens:
        for child in token.children or ():
            target = str(child.attrs.get("href", "")) if child.type == "link_open" else ""
            if target and not _leads_somewhere(target, headings, exercises):
                yield target


def _leads_somewhere(target: str, headings: Collection[object], exercises: Catalogue) -> bool:
    parts = urlsplit(target)
    if parts.scheme:
        return parts.scheme == "https" and bool(parts.netloc)
    if not parts.path:
        return parts.fragment in headings
    if exercise := EXERCISE.fullmatch(parts.path):
        return exercise[1] in exercises.exercises
    try:
        resolve(parts.path)
    except Resolver404:
        return False
    return True


def _pages(course: Course) -> Iterator[LessonPage]:
    for unit in course.units:
        yield from catalogue.lesson_pages(unit)


def _prose(course: Course, exercises: Catalogue) -> Iterator[Path]:
    for page in _pages(course):
        yield from page.files.values()
    for written in exercises.exercises.values():
        yield from (written.directory / name for name in PROSE)


def _text(path: Path) -> str:
    return FRONT.sub("", read_text(path))


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type not in (*CODE, "term"):
                yield child.content


def _says(prose: str, term: str, language: str) -> bool:
    if language == "zh" and not term.isascii():
        return term in prose
    return re.search(rf"\b{re.escape(term)}\b", prose, re.IGNORECASE) is not None
