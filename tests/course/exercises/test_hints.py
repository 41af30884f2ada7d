"""Three levels, one at a time, the last only after patience or a second try."""

from __future__ import annotations

from course.exercises.hints import PATIENCE, Hints


def test_the_first_level_is_told_at_once_and_the_second_when_asked_for():
    hints = Hints()
    assert hints.show("own", "shared", total=3, now=0) == 1
    assert hints.reveal("shared", total=3, now=0)
    assert hints.show("own", "shared", total=3, now=1) == 2


def test_the_last_level_waits():
    hints = Hints()
    hints.show("own", "shared", total=3, now=0)
    hints.reveal("shared", total=3, now=0)
    assert not hints.reveal("shared", total=3, now=PATIENCE - 1)
    assert hints.wait("shared", total=3, now=PATIENCE - 1) == 1
    assert hints.reveal("shared", total=3, now=PATIENCE)


def test_the_second_time_that_a_mistake_is_made_nobody_waits():
    hints = Hints()
    hints.show("own", "shared", total=2, now=0)
    assert not hints.reveal("shared", total=2, now=1)
    hints.nothing_shown("own")
    hints.show("own", "shared", total=2, now=2)
    assert hints.reveal("shared", total=2, now=3)


def test_a_diagnosis_that_was_never_shown_reveals_nothing():
    assert not Hints().reveal("shared", total=3, now=0)
