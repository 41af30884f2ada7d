"""Search: what is found, in which order, and what a page shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.study import passages
from course.study.search import LONGEST_QUERY, MOST_HITS, Index, Passage, snippet

ENGLISH, CHINESE = {"Accept-Language": "en"}, {"Accept-Language": "zh-CN"}
CONTENT = Path(__file__).parents[3] / "content"


def passage(text, title="", heading=""):
    return Passage("lesson", f"/{text}", title, heading, text)


def found(query, *texts):
    return [hit.passage.text for hit in Index(map(passage, texts)).find(query)]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("mount", "what mount does"),
        ("MOUNT", "what mount does"),
        ("name", "a namespace"),  # words may go on
        ("命名空间", "进程的命名空间"),
        ("核", "内核"),
        ("ｍｏｕｎｔ", "what mount does"),  # full width, as an input method leaves it
        ("内核 mount", "内核怎样执行 mount"),
        ("memory.max", "write memory.max"),
        ("pivot_root", "call pivot_root"),
    ],
)
def test_it_is_found(query, text):
    assert found(query, "something else 别的", text) == [text]


@pytest.mark.parametrize(
    "query", ["", "  ", "。，!?", "ount", "命空", "内核 cgroup", "\x00", "'; --"]
)
def test_nothing_is_found(query):
    assert found(query, "what mount does", "内核的命名空间") == []


def test_what_is_called_so_comes_first_then_titles_then_headings_then_text():
    text, heading, title = passage("veth"), passage("a", "x", "veth"), passage("b", "on veth")
    called = passage("c", "Veth")
    hits = Index([text, heading, title, called]).find(" veth")
    assert [hit.passage for hit in hits] == [called, title, heading, text]


def test_the_pages_title_does_not_carry_every_section():
    section, heading = passage("a", "on veth", "x"), passage("b", "y", "veth")
    hits = Index([section, heading]).find("veth")
    assert [hit.passage for hit in hits] == [heading, section]


def test_the_whole_word_comes_before_one_that_goes_on():
    assert found("name", "namespaces", "a name") == ["a name", "namespaces"]


def test_equals_stand_in_the_courses_order_and_their_number_is_bounded():
    texts = [f"mount {n:03}" for n in range(MOST_HITS + 5)]
    assert found("mount", *texts) == texts[:MOST_HITS]


def test_a_long_query_is_cut():
    assert found("mount " + " " * LONGEST_QUERY + "nowhere", "what mount does")


def test_a_snippet_marks_what_was_asked_for():
    text = "x " * 100 + "the Mount table " + "y " * 200
    pieces = snippet(text, "mount")
    assert ("Mount", True) in pieces
    assert pieces[0] == pieces[-1] == ("…", False)
    inner = "".join(piece for piece, _ in pieces[1:-1])
    assert inner in text


def test_a_snippet_begins_with_a_whole_word():
    assert snippet("abcdefgh " * 20 + "mount", "mount")[1][0].startswith("abcdefgh ")
    assert ("内核", True) in snippet("甲乙丙丁" * 20 + "内核", "内核")


@pytest.mark.usefixtures("content")
def test_the_page_finds_lessons_and_terms(client):
    text = client.get("/search/?q=process", headers=ENGLISH).content.decode()
    assert 'href="/lessons/u02/what/"' in text
    assert 'href="/glossary/#kernel"' in text
    assert "<mark>process</mark>" in text


@pytest.mark.usefixtures("content")
def test_chinese_is_searched_in_chinese(client):
    text = client.get("/search/?q=名册", headers=CHINESE).content.decode()
    assert 'href="/glossary/#namespace"' in text
    assert "<mark>名册</mark>" in text


@pytest.mark.usefixtures("content")
def test_the_other_language_is_searched_when_ones_own_has_nothing(client):
    text = client.get("/search/?q=名册", headers=ENGLISH).content.decode()
    assert "all in the other language" in text
    assert 'lang="zh-Hans"' in text


@pytest.mark.usefixtures("content")
def test_what_was_asked_is_shown_as_text(client):
    text = client.get("/search/", {"q": "<script>x</script>"}, headers=ENGLISH).content.decode()
    assert "<script>x" not in text
    assert "Nothing in the course holds" in text


@pytest.mark.parametrize("language", passages.LANGUAGES)
def test_every_address_of_the_courses_index_leads_to_a_page(client, db, settings, language):
    settings.TERRARIUM_CONTENT = CONTENT
    places = passages.index(language)._passages
    assert {place.kind for place in places} == {"lesson", "exercise", "term"}
    headers = CHINESE if language == "zh" else ENGLISH
    pages: dict[str, str] = {}
    for place in places:
        address, _, anchor = place.address.partition("#")
        if address not in pages:
            pages[address] = client.get(address, headers=headers).content.decode()
        assert not anchor or f'id="{anchor}"' in pages[address], place.address


def test_the_course_is_found_by_what_it_teaches(settings):
    settings.TERRARIUM_CONTENT = CONTENT
    assert passages.index("en").find("pivot_root")
    first = passages.index("zh").find("命名空间")[0].passage
    assert "命名空间" in first.title + first.heading


def test_the_places_of_a_learners_values_are_not_shown(settings):
    settings.TERRARIUM_CONTENT = CONTENT
    texts = [place.text for place in passages.index("en")._passages]
    assert not any("{{" in text for text in texts)
