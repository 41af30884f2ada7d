"""Unit pages, and the placement test's."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from course.exercises import attempts
from course.lessons import catalogue, texts, units
from course.lessons import placement as tests
from course.progress import pages as course_pages
from course.progress import record
from course.progress.lane import Lane, placing
from course.study import occasions, rounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from course.lessons.catalogue import Unit


@require_safe
def unit(request: HttpRequest, unit_id: str) -> HttpResponse:
    """What the unit is for, three questions from before it, its lessons and its exercises."""
    course = catalogue.course()
    try:
        shown = course.unit(unit_id)
    except catalogue.NoSuchLesson as error:
        raise Http404 from error
    standings = record.standings(request.user)
    ready = catalogue.written(Path(settings.TERRARIUM_CONTENT))
    section = course_pages.section(shown, standings, ready)
    guide = units.guide(shown)
    place = course.units.index(shown)
    context = {
        "section": section,
        "unit": shown,
        "guide": guide,
        "before": [
            course_pages.section(course.unit(name), standings, ready) for name in guide.before
        ],
        "review": rounds.shown(request.user, occasions.review_of(unit_id), _asked(request)),
        "next": course_pages.next_row(list(section.rows), placing(request.user, standings).lane),
        "notes": spans(_notes(shown)),
        "earlier": course.units[place - 1] if place else None,
        "later": course.units[place + 1] if place + 1 < len(course.units) else None,
    }
    return render(request, "study/unit.html", context)


@require_safe
def placement(request: HttpRequest) -> HttpResponse:
    """Eight questions and two tasks, for those who know much of this already."""
    standings = record.standings(request.user)
    placed = placing(request.user, standings)
    ready = catalogue.written(Path(settings.TERRARIUM_CONTENT))
    test = tests.placement()
    rows = {
        row.exercise.id: row
        for unit in catalogue.course().units
        for row in course_pages.section(unit, standings, ready).rows
    }
    context = {
        "test": test,
        "round": rounds.shown(request.user, occasions.PLACEMENT, _asked(request)),
        "tasks": [rows[name] for name in test.tasks],
        "placed": placed,
        "fast": placed.lane == Lane.FAST,
    }
    return render(request, "study/placement.html", context)


def spans(lines: Iterable[int]) -> list[str]:
    """Line numbers as people write them: 5–8, 12."""
    ordered = sorted(set(lines))
    breaks = [after for before, after in pairwise(ordered) if after != before + 1]
    starts = [*ordered[:1], *breaks]
    ends = [*(ordered[ordered.index(start) - 1] for start in breaks), *ordered[-1:]]
    return [
        f"{start}–{end}" if end > start else f"{start}"
        for start, end in zip(starts, ends, strict=True)
    ]


def _asked(request: HttpRequest) -> str:
    return request.GET.get("round", "")


def _notes(unit: Unit) -> set[int]:
    """The lines of the notes that the unit's guide, pages and exercises name."""
    lines = set(units.guide(unit).notes)
    for page in catalogue.lesson_pages(unit):
        for language, path in page.files.items():
            lines.update(texts.lesson_text(path, language).notes)
    for exercise in unit.exercises:
        if exercise.id in attempts.catalogue().exercises:
            lines.update(attempts.catalogue()[exercise.id].exercise.notes)
    return lines
