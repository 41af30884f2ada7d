"""The course page: every unit and exercise, with how far this learner is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from course.lessons import catalogue
from course.progress import record
from course.progress.lane import Lane, placing
from course.progress.record import Standing
from sandbox.session import leases
from sandbox.session.lab import LeaseDenied

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest, HttpResponse

    from sandbox.session.models import Lease

BEGINNING = 3  # With so many exercises done one needs no placement test.
COMING = "coming"
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Row:
    """One exercise of the list."""

    exercise: catalogue.ListedExercise
    state: str  # done | started | open | coming


@dataclass(frozen=True, slots=True)
class Section:
    """One unit of the list."""

    unit: catalogue.Unit
    rows: tuple[Row, ...]
    pages: tuple[catalogue.LessonPage, ...]
    done: int
    available: int


@dataclass(frozen=True, slots=True)
class RunningLab:
    """A lab that the learner could end."""

    lease: Lease
    exercise: catalogue.ListedExercise


@require_safe
def course(request: HttpRequest) -> HttpResponse:
    """The way through the course, and the exercise to go on with."""
    standings = record.standings(request.user)
    sections = overview(standings)
    rows = [row for section in sections for row in section.rows]
    lane = placing(request.user, standings).lane
    done = sum(row.state == Standing.DONE for row in rows)
    context = {
        "labs": running_labs(request.user),
        "sections": sections,
        "next": next_row(rows, lane),
        "offer_placement": lane == Lane.WHOLE and done < BEGINNING,
        "done": done,
        "available": sum(row.state != COMING for row in rows),
        "total": len(rows),
        "minutes": sum(row.exercise.minutes for row in rows),
    }
    return render(request, "progress/course.html", context)


@require_POST
def end_lab(request: HttpRequest, lease_id: str) -> HttpResponse:
    """End one of the learner's labs, from the list on the course page."""
    try:
        lease = leases.lease_for(request.user, lease_id)
    except LeaseDenied as denied:
        raise Http404 from denied
    leases.end(lease)
    return redirect("course")


def running_labs(user: AbstractBaseUser | AnonymousUser) -> list[RunningLab]:
    """The learner's open labs, oldest first, each with the exercise it was started for."""
    listed = {exercise.id: exercise for exercise in catalogue.course().exercises()}
    return [
        RunningLab(lease, listed[lease.exercise])
        for lease in leases.open_leases(user)
        if lease.exercise in listed
    ]


def overview(standings: dict[str, Standing]) -> tuple[Section, ...]:
    """The course as this learner sees it."""
    ready = catalogue.written(Path(settings.TERRARIUM_CONTENT))
    return tuple(section(unit, standings, ready) for unit in catalogue.course().units)


def next_row(rows: list[Row], lane: Lane) -> Row | None:
    """Where to go on: what was started, else the first not yet done; None when all is done.

    In the fast lane worked examples come after everything else.
    """
    started = [row for row in rows if row.state == Standing.STARTED]
    waiting = [row for row in rows if row.state == OPEN]
    if lane == Lane.FAST:
        waiting.sort(key=lambda row: row.exercise.kind == "worked")
    return next(iter([*started, *waiting]), None)


def section(unit: catalogue.Unit, standings: dict[str, Standing], ready: frozenset[str]) -> Section:
    """One unit as this learner sees it."""
    rows = tuple(
        Row(exercise, _state(exercise.id, standings, ready)) for exercise in unit.exercises
    )
    return Section(
        unit=unit,
        rows=rows,
        pages=catalogue.lesson_pages(unit),
        done=sum(row.state == Standing.DONE for row in rows),
        available=sum(row.state != COMING for row in rows),
    )


def _state(exercise: str, standings: dict[str, Standing], ready: frozenset[str]) -> str:
    if exercise not in ready:
        return COMING
    return standings.get(exercise, OPEN)
