"""Unit pages: what a unit is for, and three questions from before it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user

from course.exercises import attempts
from course.exercises.catalogue import Catalogue
from course.progress import record
from course.progress.models import Reply
from course.study import bank, occasions, pages, review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content", "no_exercises")]
ENGLISH = {"Accept-Language": "en"}
UNIT = "/units/u02/"
GUIDE = """
goals: [{zh: 看见 `ns`, en: See `ns`}]
before: [u01]
notes: [53, 54, 66, 65, 60]
"""


@pytest.fixture
def no_exercises(monkeypatch):
    """The small course's exercises have no texts."""
    monkeypatch.setattr(attempts, "catalogue", lambda: Catalogue({}))


@pytest.fixture
def guided(content):
    (content / "units" / "u02-names" / "unit.yaml").write_text(GUIDE)


@pytest.fixture
def reviewed(content):
    """The first unit's two cards are free for the second's review."""
    (content / "placement.yaml").write_text("questions: [sight]\nenough: 1\n")


def page(client, path=UNIT):
    return client.get(path, headers=ENGLISH).content.decode()


def answer(client, card, path=UNIT, **fields):
    """Send the form of a card as the page holds it."""
    text = page(client, path)
    form = text[text.index(f'id="card-{card}"') :]
    action = re.search(r'action="([^"]+)"', form)
    seed = re.search(r'name="seed" value="(\w+)"', form)
    assert action
    assert seed
    return client.post(action[1], {"seed": seed[1], "next": path, **fields})


@pytest.mark.usefixtures("guided")
def test_a_unit_tells_its_goals_its_basis_and_what_it_covers(client):
    text = page(client)
    assert "See <code>ns</code>" in text
    assert '<a href="/units/u01/">Why</a>' in text
    assert "lines 53–54, 60, 65–66" in text
    assert 'href="/lessons/u02/what/"' in text
    assert 'href="/exercises/u02-1/"' in text


@pytest.mark.usefixtures("reviewed")
def test_a_unit_is_told_in_chinese(client):
    text = client.get(UNIT, headers={"Accept-Language": "zh-CN"}).content.decode()
    assert "命名空间" in text
    assert "开始之前：前面的还记得吗？" in text


def test_the_first_unit_has_nothing_to_review(client):
    assert 'id="review"' not in page(client, "/units/u01/")


def test_no_such_unit_is_not_found(client):
    assert client.get("/units/u77/").status_code == 404


@pytest.mark.usefixtures("reviewed")
def test_answers_and_skips_are_kept_apart(client, mei):
    client.force_login(mei)
    answer(client, "may", choice="can")
    answer(client, "growth", skip="yes")
    kept = {reply.card: reply.choice for reply in Reply.objects.filter(user=mei)}
    assert kept == {"may": "can", "growth": record.SKIPPED}
    assert "of 2 known" in page(client)


@pytest.mark.usefixtures("reviewed")
def test_the_next_round_asks_with_other_values(client, mei):
    client.force_login(mei)
    seeds = set()
    for number in (1, 2):
        path = f"{UNIT}?round={number}"
        for card in ("may", "growth"):
            answer(client, card, path, skip="yes")
        seeds |= set(Reply.objects.filter(round=number).values_list("seed", flat=True))
    assert len(seeds) == 4
    assert occasions.open_round(mei, "review-u02") == 3


@pytest.mark.usefixtures("reviewed")
def test_a_round_that_is_not_due_cannot_be_answered(client, mei):
    client.force_login(mei)
    early = client.post("/cards/review-u02/2/may/", {"seed": "0" * 16, "choice": "can"})
    foreign = client.post("/cards/review-u02/1/sight/", {"seed": "0" * 16, "choice": "seen"})
    nowhere = client.post("/cards/review-u77/1/may/", {"seed": "0" * 16, "choice": "can"})
    assert {early.status_code, foreign.status_code, nowhere.status_code} == {404}
    assert not Reply.objects.exists()


@pytest.mark.usefixtures("reviewed")
def test_a_visitor_may_answer_and_is_a_guest_from_then_on(client):
    answer(client, "may", choice="can")
    assert get_user(client).is_authenticated


@pytest.mark.parametrize(
    ("lines", "told"), [([], []), ([5], ["5"]), ([5, 6, 7, 9, 11, 12], ["5–7", "9", "11–12"])]
)
def test_lines_are_told_as_spans(lines, told):
    assert pages.spans(lines) == told


def test_the_cards_come_from_one_three_and_six_units_before(settings):
    settings.TERRARIUM_CONTENT = settings.BASE_DIR / "content"
    of = {name: card.unit for name, card in bank.bank().items()}
    for unit, sources in {
        "u02": {"u01"},
        "u04": {"u01", "u02", "u03"},
        "u07": {"u06", "u04", "u01"},
    }.items():
        picked = review.chosen(unit, 1)
        assert len(picked) == len(set(picked)) == 3
        assert {of[name] for name in picked} <= sources
    assert review.chosen("u04", 1) != review.chosen("u04", 2)
