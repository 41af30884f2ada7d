"""The placement test: what it asks, and what changes for those who pass."""

from __future__ import annotations

import pytest

from course.lessons import placement as tests
from course.progress import lane, pages, record
from course.progress.lane import Lane
from course.progress.record import Asked, Standing
from tests.course.study.test_unit_pages import answer, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]
PLACEMENT = "/placement/"


def reply(learner, card, *, right, round_=1):
    asked = Asked(lane.OCCASION, round_, card, "0" * 16)
    record.reply(learner, asked, "x", right=right)


def test_it_asks_its_questions_and_names_its_tasks(client):
    text = page(client, PLACEMENT)
    assert 'id="card-may"' in text
    assert 'id="card-growth"' in text
    assert 'href="/exercises/u01-1/"' in text
    assert "You are in the fast lane" not in text


def test_an_answer_is_kept_and_the_truth_is_told(client, mei):
    client.force_login(mei)
    answer(client, "may", PLACEMENT, choice="can")
    kept = record.replies(mei, lane.OCCASION)[1, "may"]
    assert kept.choice == "can"
    assert 'class="option mine' in page(client, PLACEMENT)


@pytest.mark.parametrize(
    ("right", "task", "outcome"),
    [
        ((True, True), Standing.DONE, Lane.FAST),
        ((True, False), Standing.DONE, Lane.WHOLE),
        ((True, True), Standing.STARTED, Lane.WHOLE),
    ],
)
def test_both_halves_open_the_fast_lane(mei, right, task, outcome):
    for card, known in zip(("may", "growth"), right, strict=True):
        reply(mei, card, right=known)
    assert lane.placing(mei, {"u01-1": task}).lane == outcome


def test_answers_of_two_rounds_do_not_add_up(mei):
    reply(mei, "may", right=True, round_=1)
    reply(mei, "growth", right=True, round_=2)
    assert lane.placing(mei, {"u01-1": Standing.DONE}).right == 1


def test_the_fast_lane_suggests_worked_examples_last_and_locks_nothing():
    rows = [row for part in pages.overview({}) for row in part.rows]
    waiting = [row.exercise.id for row in rows if row.state == pages.OPEN]
    assert waiting == ["u01-1", "u02-1"]
    first = pages.next_row(rows, Lane.WHOLE)
    fast = pages.next_row(rows, Lane.FAST)
    assert first is not None
    assert fast is not None
    assert (first.exercise.kind, fast.exercise.kind) == ("worked", "faded")


def test_what_was_started_comes_first_in_the_fast_lane_too():
    rows = [row for part in pages.overview({"u01-1": Standing.STARTED}) for row in part.rows]
    row = pages.next_row(rows, Lane.FAST)
    assert row is not None
    assert row.exercise.id == "u01-1"


def test_the_course_offers_it_until_it_is_passed(client, mei):
    client.force_login(mei)
    assert 'href="/placement/"' in page(client, "/")
    for card in ("may", "growth"):
        reply(mei, card, right=True)
    record.exercise_passed(record.begin(mei, "u01-1"))
    assert 'href="/placement/"' not in page(client, "/")
    assert "You are in the fast lane" in page(client, PLACEMENT)


def test_the_courses_own_has_eight_questions_and_two_tasks(settings):
    settings.TERRARIUM_CONTENT = settings.BASE_DIR / "content"
    test = tests.placement()
    assert (len(test.questions), len(test.tasks)) == (8, 2)
