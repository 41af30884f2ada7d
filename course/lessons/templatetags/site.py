"""Filters of the site's frame: content and states in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from course.lessons.catalogue import LessonPage, Words

register = template.Library()

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
