"""The four time modes: what must last, what may pass, what must never be, what comes in order."""

from __future__ import annotations

from typing import Any

from course.exercises.definition import Timed
from course.exercises.journal import BLIND_SECONDS, Entry, Standing
from course.exercises.search import Outcome, Truth

TRUE: dict[str, Any] = {"proc": {"where": {}}}
YES, NO = Outcome(Truth.YES, {}), Outcome(Truth.NO, {})
FAULT = Outcome(Truth.FAULT, {})


def standings(timed: dict[str, Any], *samples: tuple[float, Outcome]) -> list[Standing]:
    entry, read = Entry(), Timed.model_validate(timed)
    return [entry.note(read, outcome, now) for now, outcome in samples]


def test_hold_waits_until_it_was_true_for_long_enough():
    held = standings(TRUE | {"hold": "2s"}, (10, YES), (11, YES), (12, YES))
    assert held == [Standing.WAITING, Standing.WAITING, Standing.HOLDS]


def test_one_false_sample_starts_a_hold_anew():
    held = standings(TRUE | {"hold": "2s"}, (10, YES), (11, NO), (12, YES), (13, YES))
    assert held[-1] is Standing.WAITING


def test_what_nobody_saw_was_not_held():
    later = 11 + BLIND_SECONDS + 1
    assert standings(TRUE | {"hold": "2s"}, (10, YES), (11, YES), (later, YES))[-1] is (
        Standing.WAITING
    )


def test_a_sample_that_failed_on_our_side_breaks_no_hold():
    held = standings(TRUE | {"hold": "2s"}, (10, YES), (11, FAULT), (12, YES))
    assert held == [Standing.WAITING, Standing.FAULT, Standing.HOLDS]


def test_now_falls_back_when_it_is_no_longer_true():
    assert standings(TRUE, (1, YES), (2, NO)) == [Standing.HOLDS, Standing.FAILS]


def test_seen_stays_seen():
    seen = standings(TRUE | {"mode": "seen"}, (1, NO), (2, YES), (3, NO))
    assert seen == [Standing.FAILS, Standing.HOLDS, Standing.HOLDS]


def test_never_remembers_a_violation():
    never = standings(TRUE | {"mode": "never"}, (1, NO), (2, YES), (3, NO))
    assert never == [Standing.HOLDS, Standing.VIOLATED, Standing.VIOLATED]


def test_a_sequence_wants_its_parts_in_order():
    timed: dict[str, Any] = {"mode": "sequence", "sequence": [TRUE, TRUE]}
    assert standings(timed, (1, NO), (2, YES), (3, NO), (4, YES)) == [
        Standing.FAILS,
        Standing.WAITING,
        Standing.WAITING,
        Standing.HOLDS,
    ]
