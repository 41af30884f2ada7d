"""The exercise page and its lab's buttons."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from course.exercises.attempts import seed_of
from course.progress import record
from course.progress.models import Learner
from sandbox.session import leases
from tests.fakes_engine import FullEngine, RememberingEngine, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine(short_tmp, settings):
    settings.TERRARIUM_ENGINE = short_tmp / "page.sock"
    with listening(RememberingEngine(), settings.TERRARIUM_ENGINE) as running:
        yield running


@pytest.fixture
def lin(client):
    learner = Learner.objects.create_user("lin", password="glass-box-42")
    client.force_login(learner)
    return learner


def begins_with(answer) -> dict[str, Any]:
    """What the page's scripts begin with."""
    found = re.search(rb'<script id="page"[^>]*>(.*?)</script>', answer.content, re.DOTALL)
    assert found
    page: dict[str, Any] = json.loads(found[1])
    return page


def start(client, exercise="u02-1"):
    return client.post(f"/exercises/{exercise}/lab")


def test_a_visitor_is_asked_who_they_are(client):
    answer = client.get("/exercises/u02-1/")
    assert answer.status_code == 302
    assert "next=/exercises/u02-1/" in answer["Location"]


def test_the_text_names_the_learners_own_values_before_and_after_the_start(client, lin, engine):
    before = re.search(rb"box-\d\d", client.get("/exercises/u02-1/").content)
    assert start(client).status_code == 200
    after = re.search(rb"box-\d\d", client.get("/exercises/u02-1/").content)
    assert before
    assert after
    assert before[0] == after[0]


def test_the_page_asks_what_surprised_and_shows_what_was_written(client, lin):
    record.surprised(lin, "u02-1", "two names at once")
    text = client.get("/exercises/u02-1/").content.decode()
    assert 'action="/mine/surprises/u02-1/"' in text
    assert ">two names at once</textarea>" in text


def test_an_exercise_that_is_not_written_is_not_found(client, lin):
    assert client.get("/exercises/u14-4/").status_code == 404


@pytest.mark.parametrize(
    ("language", "title"), [("zh-hans", "成为 1 号进程"), ("en", "Become PID 1")]
)
def test_the_page_is_in_the_readers_language(client, lin, settings, language, title):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get("/exercises/u02-2/")
    assert title in answer.content.decode()


def test_a_truth_is_not_told_before_the_step_has_passed(client, lin):
    attempt = record.begin(lin, "u02-2")
    record.predict(attempt, "no-fork", "both")
    card = begins_with(client.get("/exercises/u02-2/"))["cards"][0]
    assert card["choice"] == "both"
    assert "truth" not in card
    record.step_passed(attempt, "born")
    card = begins_with(client.get("/exercises/u02-2/"))["cards"][0]
    assert card["truth"] == "first"


def test_start_answers_with_the_lease_and_twice_is_once(client, lin, engine):
    first, second = start(client).json(), start(client).json()
    assert first["id"] == second["id"]
    assert first["state"] == "running"
    assert len(engine.containers) == 1


def test_the_lab_is_prepared_with_the_learners_values(client, lin, engine):
    start(client, "u02-3")
    assert any(b"mount --make-rshared /" in said for said in engine.inputs)


def test_a_lab_that_finds_no_room_says_what_to_do(client, lin, short_tmp, settings):
    settings.TERRARIUM_ENGINE = short_tmp / "full.sock"
    with listening(FullEngine(), settings.TERRARIUM_ENGINE):
        answer = start(client)
    assert answer.status_code in (409, 503)
    assert answer.json()["error"]
    assert answer.json()["next"]


def test_start_needs_a_learner(client):
    answer = start(client)
    assert answer.status_code == 403
    assert answer.json()["next"]


def test_reset_gives_a_fresh_lab_with_the_same_values(client, lin, engine):
    old = start(client).json()
    fresh = client.post(f"/labs/{old['id']}/reset/").json()
    assert fresh["id"] != old["id"]
    seeds = {leases.lease_for(lin, one["id"]).seed for one in (old, fresh)}
    assert seeds == {seed_of(lin, "u02-1", 1)}


def test_a_passed_attempt_is_followed_by_a_new_one(client, lin, engine):
    lease = start(client).json()
    attempt = record.current(lin, "u02-1")
    assert attempt
    record.exercise_passed(attempt)
    client.post(f"/labs/{lease['id']}/end/")
    start(client)
    latest = record.current(lin, "u02-1")
    assert latest
    assert latest.number == 2


@pytest.mark.parametrize("act", ["", "reset/", "extend/", "end/"])
def test_a_foreign_lab_answers_as_if_it_did_not_exist(client, lin, engine, act):
    lease = start(client).json()
    client.force_login(Learner.objects.create_user("stranger"))
    verb = client.post if act else client.get
    foreign = verb(f"/labs/{lease['id']}/{act}")
    unknown = verb(f"/labs/{'x' * 22}/{act}")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content


def test_what_changes_something_wants_a_post(client, lin):
    assert client.get("/exercises/u02-1/lab").status_code == 405
