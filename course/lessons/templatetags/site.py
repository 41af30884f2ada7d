"""Tags of the site's frame: texts in both languages, and the map of JavaScript modules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from course.lessons.catalogue import LessonPage, Words

register = template.Library()

ADDONS = ("fit", "search", "serialize", "unicode11", "web-links", "webgl")
VENDOR = {
    "@xterm/xterm": "vendor/xterm/xterm.mjs",
    **{f"@xterm/addon-{name}": f"vendor/addon-{name}/addon-{name}.mjs" for name in ADDONS},
}
KINDS = {
    "worked": _("Worked example"),
    "faded": _("Fill the gaps"),
    "problem": _("Problem"),
    "incident": _("Incident"),
    "observe": _("Observe"),
    "capstone": _("Capstone"),
}
STATES = {
    "done": _("Done"),
    "started": _("Started"),
    "open": _("Open"),
    "coming": _("Coming"),
}
OWN = Path(__file__).resolve().parents[2] / "static" / "course"


@register.filter
def told(words: Words) -> str:
    """A content text in the active language."""
    return words.told(get_language() or "en")


@register.filter
def number(unit_id: str) -> str:
    """The number of a unit's id: "u02" → "2"."""
    return unit_id.lstrip("u0") or "0"


@register.filter
def kind_name(kind: str) -> str:
    """What sort of exercise it is, in the active language."""
    return str(KINDS[kind])


@register.filter
def state_name(state: str) -> str:
    """How far the learner is with it, in the active language."""
    return str(STATES[state])


@register.filter
def heading(page: LessonPage) -> str:
    """The page's first heading in the active language, its file's name without one."""
    file, _language = page.file(get_language() or "en")
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("# "):
                return line.removeprefix("# ").strip()
    return page.name


@register.simple_tag(takes_context=True)
def importmap(context: template.Context) -> SafeString:
    """The one import map of a page. Own modules are named "course/NAME", vendor ones as in npm.

    Modules import each other by these names: each is then loaded under its hashed, immutable URL.
    """
    own = {f"course/{file.stem}": f"course/{file.name}" for file in sorted(OWN.glob("*.js"))}
    vendor = {name: path for name, path in VENDOR.items() if finders.find(path)}
    imports = {name: static(path) for name, path in {**own, **vendor}.items()}
    # "<" cannot close the script element once it is an escape.
    text = json.dumps({"imports": imports}).replace("<", "\\u003c")
    nonce = _nonce(context)
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, mark_safe(text))  # noqa: S308 - escaped above


@register.simple_tag(takes_context=True)
def style_nonce(context: template.Context) -> SafeString:
    """Gives every <style> that a script creates this page's nonce: xterm.js makes them without."""
    nonce = _nonce(context)
    wrap = (
        "{const n=document.currentScript.nonce,c=Document.prototype.createElement;"
        "Document.prototype.createElement=function(...a){const e=c.apply(this,a);"
        "if(String(a[0]).toLowerCase()==='style')e.nonce=n;return e}}"
    )
    return format_html('<script nonce="{}">{}</script>', nonce, mark_safe(wrap))  # noqa: S308 - a constant


def _nonce(context: template.Context) -> str:
    request: Any = context.get("request")
    return str(request.csp_nonce) if request is not None else ""
