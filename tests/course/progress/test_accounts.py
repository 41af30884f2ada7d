"""Coming in: as a guest, by a name, and from the one to the other without losing anything."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.test import Client

from course.progress import record
from course.progress.models import Learner
from course.progress.record import Standing
from sandbox.session import leases
from sandbox.session.lab import LabSpec
from tests import fakes_engine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]

NEW = {"username": "lin", "password1": "glass-box-44", "password2": "glass-box-44"}


@pytest.fixture
def guest(client):
    client.post("/accounts/guest/")
    return get_user(client)


def test_one_press_makes_a_guest_and_leads_on(client):
    answer = client.post("/accounts/guest/", {"next": "/?from=guest"})
    assert (answer.status_code, answer["Location"]) == (302, "/?from=guest")
    assert record.GUEST_PREFIX in get_user(client).get_username()


def test_a_second_press_keeps_the_guest(client, guest):
    client.post("/accounts/guest/")
    assert get_user(client) == guest
    assert Learner.objects.count() == 1


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_no_form_leads_to_another_site(client, away):
    assert client.post("/accounts/guest/", {"next": away})["Location"] == "/"


def test_guests_from_one_address_are_limited(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "guest": "2/10m/ip"}
    statuses = [Client().post("/accounts/guest/").status_code for _ in range(3)]
    assert statuses == [302, 302, 429]


def test_a_guest_is_made_by_a_form_of_this_site_only():
    assert Client(enforce_csrf_checks=True).post("/accounts/guest/").status_code == 403
    assert Client().get("/accounts/guest/").status_code == 405


def test_a_guest_who_claims_stays_the_same_learner_and_stays_signed_in(client, guest):
    record.exercise_passed(record.begin(guest, "u02-1"))
    answer = client.post("/accounts/claim/", NEW)
    assert answer.status_code == 302
    claimed = get_user(client)
    assert isinstance(claimed, Learner)
    assert (claimed.pk, claimed.username, claimed.guest) == (guest.pk, "lin", False)
    assert record.standings(claimed) == {"u02-1": Standing.DONE}

    later = Client()
    later.post("/accounts/login/", {"login": "lin", "password": NEW["password1"]})
    assert get_user(later).pk == guest.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "mei"},
        {"username": "guest-1234"},
        {"password2": "another-box-1"},
        {"password1": "12345678", "password2": "12345678"},
        {"username": ""},
    ],
    ids=["taken", "a guest's name", "two passwords", "numbers only", "no name"],
)
def test_a_claim_that_cannot_be_is_explained_and_changes_nothing(client, mei, guest, wrong):
    answer = client.post("/accounts/claim/", NEW | wrong)
    assert answer.status_code == 200
    assert b'class="errors"' in answer.content
    assert Learner.objects.get(pk=guest.pk).guest


def test_signing_up_as_a_guest_leads_to_the_claim(client, guest):
    assert client.get("/accounts/signup/")["Location"] == "/accounts/claim/"


def test_a_guest_who_has_an_account_brings_along_what_was_done(client, mei, guest):
    record.exercise_passed(record.begin(guest, "u02-1"))
    client.post("/accounts/login/", {"login": "mei", "password": "glass-box-42"})
    assert get_user(client) == mei
    assert record.standings(mei) == {"u02-1": Standing.DONE}


def test_a_guests_labs_end_when_another_account_takes_over(client, mei, guest, short_tmp, settings):
    settings.TERRARIUM_ENGINE = short_tmp / "guest.sock"
    with fakes_engine.listening(
        fakes_engine.RememberingEngine(), settings.TERRARIUM_ENGINE
    ) as host:
        leases.acquire(guest, LabSpec("u02-1"))
        client.post("/accounts/login/", {"login": "mei", "password": "glass-box-42"})
        assert host.containers == {}


def test_a_wrong_password_leaves_the_guest_a_guest(client, mei, guest):
    client.post("/accounts/login/", {"login": "mei", "password": "wrong"})
    assert get_user(client) == guest


def test_signing_up_logging_out_and_in_again_is_one_road(client):
    client.post("/accounts/signup/", NEW)
    learner = get_user(client)
    assert learner.username == "lin"
    client.post("/accounts/logout/")
    assert get_user(client).is_anonymous
    client.post("/accounts/login/", {"login": "lin", "password": NEW["password1"]})
    assert get_user(client) == learner


def test_the_session_id_changes_on_login(client, mei, guest):
    before = client.session.session_key
    client.post("/accounts/login/", {"login": "mei", "password": "glass-box-42"})
    assert client.session.session_key != before


def test_logging_out_needs_a_press(client, mei):
    client.force_login(mei)
    assert client.get("/accounts/logout/").status_code == 200
    assert get_user(client) == mei


def test_guessing_a_password_is_stopped_within_twenty_five_tries(client, mei):
    pages = [
        client.post("/accounts/login/", {"login": "mei", "password": f"guess-{n}"})
        for n in range(25)
    ]
    right = client.post("/accounts/login/", {"login": "mei", "password": "glass-box-42"})
    assert get_user(client).is_anonymous
    assert right.status_code in {200, 429}
    assert pages[0].status_code == 200
