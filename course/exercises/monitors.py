"""Monitors: conditions of `watch`, judged at their interval and counted, as evidence for checks."""

from __future__ import annotations

from dataclasses import replace

from course.exercises.definition import Monitor
from course.exercises.search import Outcome, Truth
from course.exercises.sight import Count
from course.exercises.text import same

EARLY = 0.2  # seconds: samples do not come to the millisecond.


def due(monitor: Monitor, count: Count | None, now: float) -> bool:
    """Whether its interval is over."""
    return count is None or now - count.last >= monitor.seconds - EARLY


def counted(count: Count | None, outcome: Outcome, now: float) -> Count:
    """The count with one more judgement; what could not be judged is neither good nor bad."""
    before = count or Count(began=now)
    match outcome.truth:
        case Truth.YES:
            return replace(before, last=now, good=before.good + 1, streak=before.streak + 1)
        case Truth.NO:
            found = outcome.miss.found if outcome.miss else same("—")
            first = before.first_bad or (now - before.began, found)
            return replace(before, last=now, bad=before.bad + 1, streak=0, first_bad=first)
        case _:
            return replace(before, last=now)
