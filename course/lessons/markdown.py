"""Markdown → safe HTML: raw HTML is refused, code is coloured, and what comes out is sanitised."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.container import container_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_NAME = re.compile(r"\s*\{#(?P<name>[a-z0-9-]+)\}\s*$")
ASIDES = ("note", "tip", "warning", "why")
_TAGS = set(nh3.ALLOWED_TAGS) | {"aside", "section"}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "span": {"class"},
    "pre": {"class", "tabindex"},
    "code": {"class"},
    "div": {"class"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
}


@lru_cache(maxsize=512)
def render(text: str) -> SafeString:
    """HTML for a page's own flow. `::: note` (tip, warning, why) makes an aside."""
    raw = _PARSER.render(text)
    clean = nh3.clean(raw, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"})
    # Two walls stand before this: the parser emits no raw HTML, and nh3 keeps an allow-list.
    return mark_safe(clean)  # noqa: S308 - sanitised on the line above


def _coloured(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    body = highlight(code, lexer, HtmlFormatter(nowrap=True))
    # A code block that scrolls has to be reachable with the keyboard.
    return f'<pre class="code" tabindex="0"><code>{body}</code></pre>'


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _coloured})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("named_headings", _name_headings)
    parser.use(anchors_plugin, min_level=2, max_level=3)
    for name in ASIDES:
        parser.use(container_plugin, name)
    return parser


def _name_headings(state: StateCore) -> None:
    """`## Title {#name}` gives the heading an id that is the same in both languages."""
    for opening, title in pairwise(state.tokens):
        if opening.type != "heading_open" or not title.children:
            continue
        last = title.children[-1]
        if last.type == "text" and (match := _NAME.search(last.content)):
            last.content = last.content[: match.start()]
            opening.attrSet("id", match["name"])


_PARSER = _parser()
