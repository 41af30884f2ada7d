"""Markdown → safe HTML: raw HTML is refused, code is coloured, and what comes out is sanitised.

`[[shown|term-id]]` is a glossary term, `{#name}` names a heading, `::: note` makes an aside.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.container import container_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from course.lessons.glossary import NO_TERMS, Meaning, Terms

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from markdown_it.renderer import RendererProtocol
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

ASIDES = ("note", "tip", "warning", "why")
GLOSSARY = "/glossary/"
IN_GLOSSARY = {"zh": "术语表", "en": "Glossary"}
_NAME = re.compile(r"\s*\{#(?P<name>[a-z0-9-]+)\}\s*$")
# With the punctuation beside it: a button is one thing to the line breaker, which would part them.
_OPENING = "（「『《“‘("
_TERM = re.compile(
    r"\[\[(?:(?P<shown>[^\[\]|\n]+)\|)?(?P<id>[a-z0-9-]+)\]\](?P<after>[，。、；：？！）」』》”’,.;:?!)]?)"
)
_TAGS = set(nh3.ALLOWED_TAGS) | {"aside", "section", "button"}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "a": {"href", "hreflang", "class"},
    "button": {"type", "class", "popovertarget", "popovertargetaction", "aria-describedby"},
    "span": {"class", "id", "popover"},
    "figure": {"class"},
    "pre": {"class", "tabindex"},
    "code": {"class"},
    "div": {"class", "tabindex"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
}


class UnknownTerm(Exception):
    """A text refers to a term that the glossary does not hold."""


@lru_cache(maxsize=512)
def render(
    text: str, terms: Terms = NO_TERMS, explained: frozenset[str] = frozenset()
) -> SafeString:
    """HTML for a page's own flow; `explained` are terms that stand on the page already."""
    return html(parse(text), terms, set(explained))


def parse(text: str) -> list[Token]:
    """The blocks of a text, in order."""
    return _PARSER.parse(text)


def html(tokens: Sequence[Token], terms: Terms, defined: set[str] | None = None) -> SafeString:
    """The blocks as sanitised HTML; `defined` are terms that the page has explained already."""
    env = {"terms": terms, "defined": set() if defined is None else defined}
    raw = _PARSER.renderer.render(tokens, _PARSER.options, env)
    clean = nh3.clean(raw, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"})
    # Two walls stand before this: the parser emits no raw HTML, and nh3 keeps an allow-list.
    return mark_safe(clean)  # noqa: S308 - sanitised on the line above


def used_terms(tokens: Sequence[Token]) -> list[tuple[str, int]]:
    """The ids of the terms that blocks refer to, each with its block's line, from 0."""
    return [
        (child.meta["id"], token.map[0] if token.map else 0)
        for token in tokens
        for child in token.children or ()
        if child.type == "term"
    ]


def plain(token: Token, terms: Terms = NO_TERMS) -> str:
    """What an inline block says, without its marks."""
    return "".join(_said(child, terms) for child in token.children or ())


def _said(child: Token, terms: Terms) -> str:
    if child.type == "term":
        term = child.meta
        meaning = terms.meanings.get(term["id"])
        shown = term["shown"] or (meaning.term if meaning else term["id"])
        return f"{term['before']}{shown}{term['after']}"
    return "\n" if child.type == "softbreak" else child.content


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
    parser.inline.ruler.before("link", "term", _term)
    parser.add_render_rule("term", _draw_term)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    for name in (*ASIDES, "card"):
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


def _term(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's own signature
    found = _TERM.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        before = state.pending[-1:] if state.pending.endswith(tuple(_OPENING)) else ""
        state.pending = state.pending.removesuffix(before)
        token = state.push("term", "", 0)
        token.meta = {"before": before, **found.groupdict()}
    state.pos = found.end()
    return True


def _draw_term(
    _renderer: RendererProtocol,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """A button that opens the meaning: by pointer, keyboard and finger, and without a script."""
    terms: Terms = env["terms"]
    name = tokens[place].meta["id"]
    meaning = terms.meanings.get(name)
    if meaning is None:
        raise UnknownTerm(name)
    shown = escape(tokens[place].meta["shown"] or meaning.term)
    button = (
        f'<button type="button" class="term" popovertarget="term-{name}" '
        f'popovertargetaction="show" aria-describedby="gloss-{name}">{shown}</button>'
    )
    if name not in env["defined"]:
        env["defined"].add(name)
        button += _meaning(name, meaning, terms.language)
    ends = tokens[place].meta
    if not ends["before"] and not ends["after"]:
        return button
    return f'<span class="tied">{escape(ends["before"])}{button}{escape(ends["after"])}</span>'


def _meaning(name: str, meaning: Meaning, language: str) -> str:
    return (
        f'<span class="gloss" popover="auto" id="term-{name}">'
        f'<strong>{escape(meaning.term)}</strong> <span id="gloss-{name}">{escape(meaning.text)}'
        f'</span> <a href="{GLOSSARY}#{name}">{IN_GLOSSARY[language]}</a></span>'
    )


def _open_table(*_of_the_renderer: object) -> str:
    # A table wider than a phone scrolls, and so has to be reachable with the keyboard.
    return '<div class="table" tabindex="0"><table>'


def _close_table(*_of_the_renderer: object) -> str:
    return "</table></div>"


_PARSER = _parser()
