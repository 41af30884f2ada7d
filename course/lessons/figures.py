"""A lesson's drawing: an SVG file with words in both languages → SVG for the page, by allow-list.

Nothing is passed through: elements, attributes and values that are not listed here are refused
with their line, and what is written is written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from xml.parsers import expat

from django.utils.safestring import SafeString, mark_safe

from course.lessons.documents import BadContent, read_text

SPACE = "http://www.w3.org/2000/svg"
ELEMENTS = frozenset(
    (
        *("svg", "g", "defs", "marker", "title", "desc", "text", "tspan"),
        *("path", "line", "rect", "circle", "ellipse", "polyline", "polygon"),
    )
)
CLASSES = tuple(
    f"fig-{name}" for name in ("line", "soft", "accent", "danger", "muted", "text", "small", "mono")
)
_NUMBERS = re.compile(r"[-+0-9.,eE%\s]+")
_PATH = re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9.,eE+\-\s]+")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_REFERENCE = re.compile(r"url\(#([a-z][a-z0-9-]*)\)")
ATTRIBUTES: dict[str, re.Pattern[str]] = {
    **dict.fromkeys(("x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "width", "height"), _NUMBERS),
    **dict.fromkeys(("cx", "cy", "r", "rx", "ry", "viewBox", "points", "opacity"), _NUMBERS),
    **dict.fromkeys(("refX", "refY", "markerWidth", "markerHeight"), _NUMBERS),
    **dict.fromkeys(("stroke-width", "stroke-dasharray"), _NUMBERS),
    "d": _PATH,
    "transform": re.compile(r"((translate|rotate|scale)\([-+0-9.,eE\s]+\)\s*)+"),
    "text-anchor": re.compile("start|middle|end"),
    "dominant-baseline": re.compile("middle|central|hanging|auto"),
    "stroke-linecap": re.compile("butt|round|square"),
    "stroke-linejoin": re.compile("miter|round|bevel"),
    "orient": re.compile(r"auto|auto-start-reverse|[-0-9.]+"),
    "markerUnits": re.compile("strokeWidth|userSpaceOnUse"),
    "preserveAspectRatio": re.compile(r"[A-Za-z\s]+"),
    **dict.fromkeys(("fill", "stroke"), re.compile("none")),
    "class": re.compile(rf"({'|'.join(CLASSES)})(\s+({'|'.join(CLASSES)}))*"),
    "id": _NAME,
    **dict.fromkeys(("marker-start", "marker-mid", "marker-end"), _REFERENCE),
}
_BOTH = re.compile(r"\{\{zh:(?P<zh>.*?)\|en:(?P<en>.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing, ready for a page in each language."""

    zh: SafeString
    en: SafeString

    def told(self, language: str) -> SafeString:
        """The drawing with the words of a language."""
        return self.zh if language == "zh" else self.en


@cache
def figure(path: Path) -> Figure:
    """Raises BadContent."""
    text = read_text(path)
    written = {language: _Writing(path, language).of(text) for language in ("zh", "en")}
    # Every name and value on the way was matched against the lists above, every text escaped.
    return Figure(*(mark_safe(written[language]) for language in ("zh", "en")))  # noqa: S308 - as said above


@dataclass
class _Writing:
    """One pass over one file, for one language."""

    path: Path
    language: str
    parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)
    written: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    def of(self, text: str) -> str:
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        # A word pair may stand across buffers: texts come whole.
        self.parser.buffer_text = True
        try:
            self.parser.Parse(text, True)  # noqa: FBT003 - expat's own signature
        except expat.ExpatError as error:
            raise BadContent(self.path, error.lineno, expat.ErrorString(error.code)) from None
        for needed in ("title", "desc"):
            if needed not in self.said:
                raise self._bad(f"a drawing needs a <{needed}>: it is what a screen reader says")
        return "".join(self.written)

    def _bad(self, reason: str) -> BadContent:
        return BadContent(self.path, self.parser.CurrentLineNumber, reason)

    def _doctype(self, *_: object) -> None:
        raise self._bad("a drawing has no DOCTYPE")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name not in ELEMENTS or bool(self.open) == (name == "svg"):
            raise self._bad(f"<{name}> is not allowed here")
        self.open.append(name)
        if name == "svg":
            attributes = self._outermost(attributes)
        elif name in {"title", "desc"} and attributes:
            raise self._bad(f"<{name}> takes no attribute")
        given = "".join(self._attribute(*one) for one in attributes.items())
        self.written.append(f"<{name}{given}{self._naming(name)}>")

    def _outermost(self, attributes: dict[str, str]) -> dict[str, str]:
        rest = dict(attributes)
        if rest.pop("xmlns", None) != SPACE or "viewBox" not in rest:
            raise self._bad(f'<svg> needs xmlns="{SPACE}" and a viewBox')
        if {"width", "height"} & rest.keys():
            raise self._bad("<svg> has no width and no height: the page gives it its size")
        return rest

    def _naming(self, name: str) -> str:
        """The drawing's name and description, for screen readers."""
        stem = f"fig-{self.path.stem}"
        if name == "svg":
            return f' role="img" aria-labelledby="{stem}-title {stem}-desc"'
        if name in {"title", "desc"} and len(self.open) == 2:  # noqa: PLR2004 - directly in <svg>
            self.said.add(name)
            return f' id="{stem}-{name}"'
        return ""

    def _attribute(self, name: str, value: str) -> str:
        allowed = ATTRIBUTES.get(name)
        if allowed is None:
            raise self._bad(f"the attribute {name} is not allowed")
        if not allowed.fullmatch(value.strip()):
            raise self._bad(f'{name}="{value}" is not allowed')
        if name == "id":
            value = f"fig-{self.path.stem}-{value}"
        elif name.startswith("marker-"):
            value = _REFERENCE.sub(rf"url(#fig-{self.path.stem}-\1)", value)
        return f' {name}="{escape(value)}"'

    def _text(self, text: str) -> None:
        if text.strip() and self.open[-1] not in {"text", "tspan", "title", "desc"}:
            raise self._bad("words stand in <text>, <tspan>, <title> or <desc>")
        told = _BOTH.sub(lambda both: both[self.language], text)
        if "{{" in told:
            raise self._bad("words are written {{zh:…|en:…}}")
        self.written.append(escape(told, quote=False))

    def _end(self, name: str) -> None:
        self.open.pop()
        self.written.append(f"</{name}>")
