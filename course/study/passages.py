"""The content as search sees it: one index per language, built once from frozen content."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from course.exercises import attempts
from course.lessons import catalogue, glossary, markdown, texts
from course.study.search import Index, Passage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from course.lessons.catalogue import LessonPage
    from course.lessons.glossary import Terms

LANGUAGES = ("zh", "en")
_PLACE = re.compile(r"{{[^{}]*}}")  # of a learner's own value


def build() -> None:
    """Build both indexes, so that no reader waits for them."""
    for language in LANGUAGES:
        index(language)


def index(language: str) -> Index:
    """What can be found in this language ("zh" or "en")."""
    return _built(Path(settings.TERRARIUM_CONTENT), language)


@cache
def _built(_content: Path, language: str) -> Index:
    return Index([*_of_glossary(language), *_of_course(language)])


def _of_glossary(language: str) -> Iterator[Passage]:
    address = reverse("glossary")
    for name, entry in glossary.glossary().items():
        meaning = entry.told(language)
        other = entry.en if language == "zh" else entry.zh
        yield Passage("term", f"{address}#{name}", meaning.term, other.term, meaning.text)


def _of_course(language: str) -> Iterator[Passage]:
    terms = glossary.terms(language)
    for unit in catalogue.course().units:
        for page in catalogue.lesson_pages(unit):
            if language in page.files:
                yield from _of_lesson(page, terms)
        for listed in unit.exercises:
            written = attempts.catalogue().exercises.get(listed.id)
            if written is None:
                continue
            task = _said(markdown.parse(written.read(f"task.{language}.md")), terms)
            goal = written.exercise.goal.tell(language)
            yield Passage(
                "exercise",
                reverse("exercise", args=[listed.id]),
                listed.title.told(language),
                listed.id,
                _PLACE.sub("…", f"{goal} {task}"),
            )


def _of_lesson(page: LessonPage, terms: Terms) -> Iterator[Passage]:
    """A passage for each section."""
    text = texts.lesson_text(page.files[terms.language], terms.language)
    address = reverse("lesson", args=[page.unit, page.name])
    tokens = [token for block in text.blocks for token in block.tokens]
    starts = [0, *(place for place, token in enumerate(tokens) if _is_section(token))]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        section = f"#{tokens[start].attrGet('id')}" if start else ""
        yield Passage(
            "lesson",
            f"{address}{section}",
            text.title,
            markdown.plain(tokens[start + 1], terms) if start else "",
            _said(tokens[start + 3 : end], terms),
        )


def _is_section(token: Token) -> bool:
    return token.type == "heading_open" and token.tag != "h1" and bool(token.attrGet("id"))


def _said(tokens: list[Token], terms: Terms) -> str:
    """What blocks say, without their marks."""
    told = (
        markdown.plain(token, terms) if token.children else token.content
        for token in tokens
        if token.content
    )
    return " ".join(" ".join(told).split())
