"""Lesson pages: what is to be read before and between the exercises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from course.lessons import catalogue, markdown

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def lesson(request: HttpRequest, unit_id: str, name: str) -> HttpResponse:
    """One lesson page in the reader's language, or in the other with a word about it."""
    try:
        unit = catalogue.course().unit(unit_id)
        page = catalogue.lesson_page(unit, name)
    except catalogue.NoSuchLesson as error:
        raise Http404 from error
    language = get_language() or "en"
    file, told_in = page.file(language)
    around = catalogue.lesson_pages(unit)
    place = around.index(page)
    context = {
        "unit": unit,
        "page": page,
        "body": markdown.render(file.read_text(encoding="utf-8")),
        "told_in": "zh-Hans" if told_in == "zh" else "en",
        "translated": language.startswith(told_in),
        "before": around[place - 1] if place else None,
        "after": around[place + 1] if place + 1 < len(around) else None,
    }
    return render(request, "lessons/lesson.html", context)
