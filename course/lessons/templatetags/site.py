"""Filters of the site's frame: content and states in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from course.lessons.texts import lesson_text

if TYPE_CHECKING:
    from django.forms import BoundField

    from course.lessons.catalogue import LessonPage
    from course.lessons.documents import Words

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
    """The page's title in the active language, or in the one that it exists in."""
    return lesson_text(*page.file(get_language() or "en")).title


@register.filter
def inline(text: str) -> SafeString:
    """A short text of the content: what stands in backticks is code."""
    parts = escape(text).split("`")
    coded = (f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
    return mark_safe("".join(coded))  # noqa: S308 - escaped above


@register.filter
def unprompted(field: BoundField) -> SafeString:
    """A form's field without the placeholder that would repeat its label."""
    return field.as_widget(attrs={"placeholder": False})
