"""What is written down of a learner."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from course.progress import record
from course.progress.record import Standing

pytestmark = pytest.mark.django_db


def test_an_attempt_goes_on_until_a_fresh_one_is_asked_for(mei):
    first = record.begin(mei, "u02-1")
    assert record.begin(mei, "u02-1") == first
    second = record.begin(mei, "u02-1", fresh=True)
    assert (second.number, record.current(mei, "u02-1")) == (2, second)
    assert second.seed != first.seed


def test_a_pass_is_told_once(mei):
    attempt = record.begin(mei, "u02-1")
    assert record.step_passed(attempt, "own-name")
    assert not record.step_passed(attempt, "own-name")
    assert record.exercise_passed(attempt)
    assert not record.exercise_passed(attempt)
    assert record.passed_steps(attempt) == {"own-name"}


def test_what_was_passed_once_stays_done_through_later_attempts(mei):
    record.exercise_passed(record.begin(mei, "u02-1"))
    record.begin(mei, "u02-1", fresh=True)
    record.begin(mei, "u02-2")
    assert record.standings(mei) == {"u02-1": Standing.DONE, "u02-2": Standing.STARTED}


def test_the_first_prediction_stands(mei):
    attempt = record.begin(mei, "u02-1")
    record.predict(attempt, "who-sees", "both")
    record.predict(attempt, "who-sees", "one")
    assert record.predictions(attempt) == {"who-sees": "both"}


def test_nobody_has_no_progress():
    assert record.standings(AnonymousUser()) == {}


def test_a_guests_attempts_follow_those_of_the_account_they_join(mei):
    guest = record.new_guest()
    record.begin(mei, "u02-1")
    record.exercise_passed(record.begin(guest, "u02-1"))
    record.merge(guest, into=mei)
    joined = record.current(mei, "u02-1")
    assert joined is not None
    assert joined.number == 2
    assert record.standings(mei) == {"u02-1": Standing.DONE}
    assert record.standings(guest) == {}
