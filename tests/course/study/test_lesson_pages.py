"""Lesson pages as a reader asks for them, and the questions that stand in them."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user

from course.progress.models import Learner, Reply
from course.study import bank
from course.study.questions import dealt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]
ENGLISH = {"Accept-Language": "en"}
PAGE = "/lessons/u02/asks/"


@pytest.fixture
def asking(content):
    """A page with a choice and an ordering."""
    page = content / "units" / "u02-names" / "30-asks.en.md"
    page.write_text("# Asks\n\n::: card sight\n:::\n\n::: card growth\n:::\n")


def seed(client, card):
    """What the page's form for the card carries along."""
    text = client.get(PAGE, headers=ENGLISH).content.decode()
    form = text[text.index(f'id="card-{card}"') :]
    found = re.search(r'name="seed" value="(\w+)"', form)
    assert found
    return found[1]


def commit(client, card, **fields):
    data = {"seed": seed(client, card), "next": PAGE, **fields}
    return client.post(f"/cards/lesson/1/{card}/", data)


def test_a_page_is_read_in_the_language_that_the_browser_prefers(client):
    chinese = client.get("/lessons/u02/what/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    english = client.get("/lessons/u02/what/", headers={"Accept-Language": "en-GB"})
    assert "一个进程能看见什么" in chinese.content.decode()
    assert 'lang="zh-Hans"' in chinese.content.decode()
    assert "What a process can see" in english.content.decode()


def test_a_page_not_yet_translated_is_shown_in_the_other_language_with_a_word(client):
    page = client.get("/lessons/u02/more/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert "Only in English" in page
    assert '<article class="prose" lang="en">' in page
    assert "notice" in page


@pytest.mark.parametrize("path", ["/lessons/u02/none/", "/lessons/u09/what/", "/lessons/../etc/"])
def test_a_page_that_does_not_exist_leads_back_to_the_course(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'href="/"' in answer.content.decode()


def test_the_glossary_tells_each_term_in_both_languages(client):
    page = client.get("/glossary/", headers=ENGLISH).content.decode()
    assert '<div id="namespace"><dt>namespace <span class="other" lang="zh-Hans">命名空间' in page
    chinese = client.get("/glossary/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert "进程看见的名册。" in chinese


@pytest.mark.usefixtures("asking")
def test_the_truth_is_told_after_the_commitment_and_not_before(client, mei):
    client.force_login(mei)
    before = client.get(PAGE, headers=ENGLISH).content.decode()
    assert "each sees its own" not in before
    answer = commit(client, "sight", choice="seen")
    assert answer["Location"] == f"{PAGE}#card-sight"
    after = client.get(PAGE, headers=ENGLISH).content.decode()
    assert "each sees its own" in after
    assert 'href="/exercises/u02-1/"' in after
    reply = Reply.objects.get(user=mei)
    assert (reply.choice, reply.right) == ("seen", False)


@pytest.mark.usefixtures("asking")
def test_the_first_answer_stands(client, mei):
    client.force_login(mei)
    form = {"seed": seed(client, "sight"), "next": PAGE}
    client.post("/cards/lesson/1/sight/", form | {"choice": "hidden"})
    client.post("/cards/lesson/1/sight/", form | {"choice": "seen"})
    assert Reply.objects.get(user=mei).choice == "hidden"


@pytest.mark.usefixtures("asking")
def test_a_visitor_who_commits_becomes_a_guest_and_was_asked_the_same(client):
    asked = re.search(r"Does box-\d\d", client.get(PAGE, headers=ENGLISH).content.decode())
    commit(client, "sight", choice="hidden")
    guest = get_user(client)
    assert isinstance(guest, Learner)
    assert guest.guest
    again = re.search(r"Does box-\d\d", client.get(PAGE, headers=ENGLISH).content.decode())
    assert asked
    assert again
    assert asked[0] == again[0]


@pytest.mark.usefixtures("asking")
def test_an_ordering_keeps_the_whole_order(client, mei):
    client.force_login(mei)
    commit(client, "growth", **{"place-one": "1", "place-three": "2", "place-two": "3"})
    reply = Reply.objects.get(user=mei)
    assert (reply.choice, reply.right) == ("one,three,two", False)
    assert "Your order" in client.get(PAGE, headers=ENGLISH).content.decode()


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(
    ("card", "fields"),
    [
        ("sight", {}),
        ("sight", {"choice": "<script>"}),
        ("growth", {"place-one": "1", "place-two": "1", "place-three": "2"}),
        ("growth", {"choice": "one,two,three"}),
    ],
    ids=["nothing", "no option", "two on one place", "not its form"],
)
def test_what_is_no_answer_leaves_the_question_open(client, mei, card, fields):
    client.force_login(mei)
    assert commit(client, card, **fields).status_code == 302
    assert not Reply.objects.exists()


@pytest.mark.usefixtures("asking")
def test_a_reader_may_ask_for_the_truth_without_a_guess(client, mei):
    client.force_login(mei)
    commit(client, "sight", skip="yes")
    assert Reply.objects.get(user=mei).choice == ""
    assert "each sees its own" in client.get(PAGE, headers=ENGLISH).content.decode()


@pytest.mark.parametrize(
    ("address", "sown"),
    [
        ("/cards/lesson/2/sight/", "0" * 16),
        ("/cards/exam/1/sight/", "0" * 16),
        ("/cards/lesson/1/nobody/", "0" * 16),
        ("/cards/lesson/1/sight/", "../../x"),
        ("/cards/lesson/1/sight/", ""),
    ],
)
def test_what_was_never_asked_cannot_be_answered(client, address, sown):
    answer = client.post(address, {"seed": sown, "choice": "hidden"})
    assert answer.status_code == 404
    assert not Learner.objects.exists()


def test_the_same_seed_asks_the_same_and_others_ask_otherwise(content):
    card = bank.card("may")
    asked = [dealt("may", card, seed=f"{n}", language="en") for n in range(20)]
    assert asked == [dealt("may", card, seed=f"{n}", language="en") for n in range(20)]
    assert {(question.ask, question.truth) for question in asked} == {
        ("May root mount?", "can"),
        ("May root set clocks?", "cannot"),
    }
