"""A lesson page's text: front matter, then prose, drawings, excerpts and cards, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from course.lessons import excerpts, glossary, markdown
from course.lessons.documents import BadContent, Frozen, checked, read_text
from course.lessons.excerpts import NoExcerpt
from course.lessons.figures import figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.utils.safestring import SafeString
    from markdown_it.token import Token

_FRONT = re.compile(r"---\n(?P<yaml>.*?)^---\n", re.DOTALL | re.MULTILINE)
_FIGURE = re.compile(r"figures/[a-z0-9-]+\.svg")
_INCLUDE = re.compile(r"(?P<language>\w+) include=(?P<reference>\S+)")
_CARD = re.compile(r"\s*card (?P<id>[a-z0-9-]+)\s*")


class FrontMatter(Frozen):
    """What stands above a page's text."""

    notes: tuple[int, ...] = ()  # the lines of the notes that the page covers


@dataclass(frozen=True, slots=True)
class Prose:
    """Text, sanitised."""

    html: SafeString


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with its caption."""

    svg: SafeString
    caption: str


@dataclass(frozen=True, slots=True)
class Source:
    """An excerpt, with the name of where it comes from."""

    name: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a question card stands."""

    card: str


Piece = Prose | Drawing | Source | CardPlace


@dataclass(frozen=True, slots=True)
class Block:
    """A run of tokens with one meaning, and the line where it starts."""

    tokens: tuple[Token, ...]
    line: int


@dataclass(frozen=True, eq=False)
class LessonText:
    """One page in one language, parsed; every reference in it leads somewhere but to cards."""

    path: Path
    language: str
    title: str
    notes: tuple[int, ...]
    blocks: tuple[Block, ...]

    def cards(self) -> Iterator[tuple[str, int]]:
        """The question cards that the page shows, each with its line."""
        for block in self.blocks:
            if name := _card(block.tokens[0]):
                yield name, block.line


@cache
def lesson_text(path: Path, language: str) -> LessonText:
    """Raises BadContent."""
    text = read_text(path)
    front, first = FrontMatter(), 1
    if found := _FRONT.match(text):
        front = checked(path, found["yaml"] or "{}", FrontMatter, first_line=2)
        first += found[0].count("\n")
        text = text[found.end() :]
    tokens = markdown.parse(text)
    if len(tokens) < 3 or (tokens[0].type, tokens[0].tag) != ("heading_open", "h1"):  # noqa: PLR2004 - open, text, close
        raise BadContent(path, first, "a page begins with its title: # …")
    for name, line in markdown.used_terms(tokens):
        if name not in glossary.terms(language).meanings:
            raise BadContent(path, first + line, f"{name} is not in content/glossary.yaml")
    blocks = tuple(_blocks(tokens, first))
    read = LessonText(
        path, language, markdown.plain(tokens[1], glossary.terms(language)), front.notes, blocks
    )
    for block in blocks:
        _check(read, block)
    return read


@cache
def pieces(text: LessonText) -> tuple[Piece, ...]:
    """What the page shows, in order."""
    defined: set[str] = set()
    return tuple(_piece(text, block, defined) for block in text.blocks)


def _blocks(tokens: list[Token], first: int) -> Iterator[Block]:
    """Neighbouring prose is one block; a drawing, an excerpt and a card is one each."""
    prose: list[Token] = []
    for run in _runs(tokens):
        if _is_prose(run):
            prose += run
            continue
        if prose:
            yield _block(prose, first)
            prose = []
        yield _block(run, first)
    if prose:
        yield _block(prose, first)


def _block(tokens: list[Token], first: int) -> Block:
    start = tokens[0].map
    return Block(tuple(tokens), first + (start[0] if start else 0))


def _runs(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each outermost element."""
    run: list[Token] = []
    depth = 0
    for token in tokens:
        run.append(token)
        depth += token.nesting
        if depth == 0:
            yield run
            run = []


def _is_prose(run: list[Token]) -> bool:
    return not (_card(run[0]) or _image(tuple(run)) or _include(run[0]))


def _card(token: Token) -> str:
    found = _CARD.fullmatch(token.info) if token.type == "container_card_open" else None
    return found["id"] if found else ""


def _image(run: tuple[Token, ...]) -> Token | None:
    """The drawing of a paragraph that holds nothing else."""
    if run[0].type != "paragraph_open":
        return None
    children = run[1].children or []
    return children[0] if len(children) == 1 and children[0].type == "image" else None


def _include(token: Token) -> re.Match[str] | None:
    return _INCLUDE.fullmatch(token.info.strip()) if token.type == "fence" else None


def _check(text: LessonText, block: Block) -> None:
    """Every reference of the block leads somewhere, and what stands alone does."""
    first = block.tokens[0]
    if image := _image(block.tokens):
        _figure(text, image, block.line)
    elif _include(first):
        try:
            _excerpt(first)
        except NoExcerpt as error:
            raise BadContent(text.path, block.line, str(error)) from error
    elif not (_card(first) and len(block.tokens) == 2):  # noqa: PLR2004 - opened and closed
        _check_prose(text, block)


def _check_prose(text: LessonText, block: Block) -> None:
    before = block.line - (block.tokens[0].map or [0])[0]
    for token in block.tokens:
        line = before + (token.map[0] if token.map else 0)
        if any(child.type == "image" for child in token.children or ()):
            raise BadContent(text.path, line, "a drawing stands on a line of its own")
        if token.type == "container_card_open":
            raise BadContent(text.path, line, "write ::: card card-id, and ::: on the next line")
        if "include=" in token.info:
            raise BadContent(text.path, line, "write ```LANGUAGE include=WHAT, not in a list")


def _piece(text: LessonText, block: Block, defined: set[str]) -> Piece:
    terms = glossary.terms(text.language)
    first = block.tokens[0]
    if name := _card(first):
        return CardPlace(name)
    if image := _image(block.tokens):
        svg = _figure(text, image, block.line)
        return Drawing(svg, image.content)
    if _include(first):
        name, code = _excerpt(first)
        shown = first.copy(content=code, info=first.info.split()[0])
        return Source(name, markdown.html([shown], terms))
    return Prose(markdown.html(block.tokens, terms, defined))


def _figure(text: LessonText, image: Token, line: int) -> SafeString:
    name = str(image.attrGet("src") or "")
    path = text.path.parent / name
    if not _FIGURE.fullmatch(name) or not path.is_file():
        raise BadContent(text.path, line, f"{name}: a drawing is a file figures/name.svg")
    if not image.content.strip():
        raise BadContent(text.path, line, f"{name} needs a sentence that says what it shows")
    return figure(path).told(text.language)


def _excerpt(fence: Token) -> tuple[str, str]:
    found = _include(fence)
    assert found is not None
    if fence.content.strip():
        raise NoExcerpt(f"include={found['reference']}: the fence has to be empty")
    if found["language"] == "plan":
        plans = Path(settings.TERRARIUM_CONTENT) / "plans"
        return excerpts.of_plan(found["reference"], plans)
    return excerpts.of_source(found["reference"], settings.BASE_DIR)
