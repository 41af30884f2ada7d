"""The course page: what is listed, how far the learner is, and where to go on."""

from __future__ import annotations

import pytest

from course.progress import pages, record
from course.progress.lane import Lane
from sandbox.session import leases
from sandbox.session.lab import LabSpec
from tests import fakes_engine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]


def states(standings):
    return {row.exercise.id: row.state for part in pages.overview(standings) for row in part.rows}


def test_what_is_not_written_is_coming_whatever_was_done(mei):
    assert states({"u01-2": record.Standing.DONE}) == {
        "u01-1": "open",
        "u01-2": "coming",
        "u02-1": "open",
    }


def test_one_goes_on_with_what_was_started_before_what_was_not():
    rows = [row for part in pages.overview({"u02-1": record.Standing.STARTED}) for row in part.rows]
    row = pages.next_row(rows, Lane.WHOLE)
    assert row is not None
    assert row.exercise.id == "u02-1"


def test_when_all_is_done_there_is_nothing_to_go_on_with():
    done = dict.fromkeys(("u01-1", "u02-1"), record.Standing.DONE)
    rows = [row for part in pages.overview(done) for row in part.rows]
    assert pages.next_row(rows, Lane.WHOLE) is None


def test_a_learners_progress_is_on_the_page_and_nobody_elses(client, mei):
    record.exercise_passed(record.begin(record.new_guest(), "u01-1"))
    record.exercise_passed(record.begin(mei, "u02-1"))
    client.force_login(mei)
    page = client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert page.count('class="row done"') == 1
    assert "1 of 1 done" in page
    assert "Continue" in page


def test_a_stranger_may_look_and_is_offered_to_try(client):
    page = client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "Try without an account" in page
    assert page.count('class="row coming"') == 1


@pytest.fixture
def lease(mei, settings, short_tmp):
    settings.TERRARIUM_ENGINE = short_tmp / "course.sock"
    with fakes_engine.listening(fakes_engine.RememberingEngine(), settings.TERRARIUM_ENGINE):
        yield leases.acquire(mei, LabSpec("u01-1"))


def test_a_running_lab_is_listed_and_can_be_ended_there(client, mei, lease):
    client.force_login(mei)
    assert f'action="/running/{lease.pk}/end/"' in client.get("/").content.decode()
    assert client.post(f"/running/{lease.pk}/end/")["Location"] == "/"
    assert lease.pk not in client.get("/").content.decode()


def test_another_learners_lab_is_neither_listed_nor_ended(client, lease):
    client.post("/accounts/guest/")
    assert lease.pk not in client.get("/").content.decode()
    assert client.post(f"/running/{lease.pk}/end/").status_code == 404
    assert client.post("/running/nothing-of-this-kind-0/end/").status_code == 404
    lease.refresh_from_db()
    assert lease.is_open
