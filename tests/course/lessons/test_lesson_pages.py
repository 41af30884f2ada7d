"""Lesson pages as a reader asks for them."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]


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
