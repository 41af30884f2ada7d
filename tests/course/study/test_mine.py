"""A learner's own page, what surprised them, and the certificate that they may share."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from course.progress import record
from course.progress.models import Certificate, Learner, Surprise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]
ENGLISH = {"Accept-Language": "en"}
BOX = "/mine/surprises/u01-1/"
WHEN = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def able(client, mei):
    """Mei has done u01-1 on the 4th of March, and is signed in."""
    record.exercise_passed(record.begin(mei, "u01-1"), now=WHEN)
    client.force_login(mei)
    return mei


def page(client, path="/mine/"):
    return client.get(path, headers=ENGLISH).content.decode()


def issued(client, name="Mei Lin"):
    return client.post("/mine/certificate/", {"name": name})["Location"]


def test_a_visitor_is_asked_who_they_are(client):
    assert client.get("/mine/")["Location"] == "/accounts/login/?next=/mine/"


def test_it_tells_what_is_done_and_what_is_next(client, able):
    text = page(client)
    assert "1 of 2 exercises done" in text
    assert "2026-03-04" in text
    assert 'href="/exercises/u02-1/"' in text[text.index("What to do next") :]


def test_what_surprised_is_kept_changed_and_forgotten(client, able):
    client.post(BOX, {"text": " One\r\n<b>kernel</b> ", "next": "/mine/"})
    assert record.surprises(able) == {"u01-1": "One\n<b>kernel</b>"}
    assert "One<br>&lt;b&gt;kernel&lt;/b&gt;" in page(client)
    client.post(BOX, {"text": "Two"})
    assert record.surprises(able) == {"u01-1": "Two"}
    client.post(BOX, {"text": "  "})
    assert record.surprises(able) == {}


def test_one_returns_to_where_one_wrote(client, able):
    assert client.post(BOX, {"text": "x", "next": "/exercises/u01-1/"})["Location"] == (
        "/exercises/u01-1/"
    )
    assert client.post(BOX, {"text": "x", "next": "https://evil.example/"})["Location"] == "/"


@pytest.mark.parametrize("text", ["x" * 1001, "a\0b"])
def test_what_cannot_be_kept_is_refused_with_a_reason(client, able, text):
    answer = client.post(BOX, {"text": text}, headers=ENGLISH)
    assert answer.status_code == 400
    assert b"At most 1000" in answer.content
    assert not Surprise.objects.exists()


def test_a_thousand_characters_with_line_ends_are_kept(client, able):
    client.post(BOX, {"text": "ab\r\n" * 333 + "c"})
    assert len(record.surprises(able)["u01-1"]) == 1000


@pytest.mark.parametrize("exercise", ["u02-1", "u01-2", "u99-1"])
def test_one_is_surprised_only_by_what_one_has_done(client, able, exercise):
    assert client.post(f"/mine/surprises/{exercise}/", {"text": "x"}).status_code == 404


def test_nobody_else_reads_it(client, able):
    client.post(BOX, {"text": "secret thought"})
    address = issued(client)
    client.force_login(Learner.objects.create_user("lin"))
    assert "secret thought" not in page(client)
    assert "secret thought" not in page(client, address)


def test_a_certificate_is_seen_by_anybody_who_has_the_address(client, able):
    address = issued(client)
    client.logout()
    answer = client.get(address, headers=ENGLISH)
    text = answer.content.decode()
    assert "Mei Lin" in text
    assert "2026-03-04" in text
    assert "Meet" in text
    assert "mei" not in text.replace("Mei Lin", "")  # the account's name
    assert "noindex" in text
    assert "no-store" in answer["Cache-Control"]


def test_an_address_cannot_be_guessed(client, able):
    assert re.fullmatch(r"/certificates/[\w-]{43}/", issued(client))


def test_another_name_keeps_the_address(client, able):
    assert issued(client) == issued(client, "Lin Mei")
    assert Certificate.objects.get().name == "Lin Mei"


def test_a_withdrawn_address_leads_nowhere_and_the_next_is_another(client, able):
    first = issued(client)
    client.post("/mine/certificate/withdraw/")
    assert client.get(first).status_code == 404
    assert issued(client) != first
    assert client.get(first).status_code == 404


def test_there_is_nothing_to_certify_before_something_is_done(client, mei):
    client.force_login(mei)
    assert client.post("/mine/certificate/", {"name": "Mei"}).status_code == 404
    assert "Issue a certificate" not in page(client)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "Mei\u202eniL", "Mei\x07"])
def test_a_name_that_cannot_be_printed_is_asked_for_again(client, able, name):
    answer = client.post("/mine/certificate/", {"name": name}, headers=ENGLISH)
    assert answer.status_code == 400
    assert b"errors" in answer.content
    assert not Certificate.objects.exists()


def test_a_name_is_shown_as_text(client, able):
    assert "&lt;b&gt;" in page(client, issued(client, "<b>Mei</b>"))


@pytest.mark.parametrize(
    "path", ["/mine/certificate/", "/mine/certificate/withdraw/", "/mine/surprises/u01-1/"]
)
def test_reading_changes_nothing_and_strangers_change_nothing(client, able, path):
    assert client.get(path).status_code == 405
    client.logout()
    assert client.post(path)["Location"].startswith("/accounts/login/")


def test_a_guests_certificate_and_words_come_along(able, db):
    guest = record.new_guest()
    record.surprised(guest, "u01-1", "the guest's")
    address = record.issue(guest, "Guest").address
    record.merge(guest, into=able)
    assert record.surprises(able) == {"u01-1": "the guest's"}
    found = record.certificate_at(address)
    assert found is not None
    assert found.user == able


def test_an_accounts_own_certificate_stands(able, db):
    guest = record.new_guest()
    record.issue(guest, "Guest")
    own = record.issue(able, "Mei").address
    record.merge(guest, into=able)
    assert Certificate.objects.get(user=able).address == own
