"""The preview: off unless asked for; pages follow the files, a slip is shown in its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from course.study import preview

CONTENT = Path(__file__).resolve().parents[3] / "content"
PAGE = "/lessons/u01/neighbours/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def content(tmp_path, settings):
    settings.TERRARIUM_CONTENT = tmp_path / "content"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "course.study.preview.Preview"]
    shutil.copytree(CONTENT, settings.TERRARIUM_CONTENT)
    preview.forget()
    yield settings.TERRARIUM_CONTENT
    preview.forget()


def test_without_it_no_page_asks_for_changes(client):
    assert b"preview.js" not in client.get(PAGE).content
    assert client.get(preview.STAMP).status_code == 404


def test_a_saved_file_is_what_the_next_page_shows(client, content):
    before = client.get(preview.STAMP).content
    assert (
        b"A sentence of the author"
        not in client.get(PAGE, headers={"accept-language": "en"}).content
    )
    path = content / "units/u01-why/20-neighbours.en.md"
    path.write_text(path.read_text() + "\nA sentence of the author.\n")
    assert client.get(preview.STAMP).content != before
    assert (
        b"A sentence of the author" in client.get(PAGE, headers={"accept-language": "en"}).content
    )


def test_the_script_has_the_nonce_of_a_policy_as_strict_as_ever(client, content):
    answer = client.get(PAGE)
    policy = answer["Content-Security-Policy"]
    (nonce,) = re.findall(r'nonce="([^"]+)" src="[^"]*preview[^"]*"', answer.content.decode())
    assert f"'nonce-{nonce}'" in policy
    assert "unsafe" not in policy


def test_a_slip_is_told_in_the_page_until_it_is_mended(client, content):
    path = content / "glossary.yaml"
    whole = path.read_text(encoding="utf-8")
    assert client.get(PAGE).status_code == 200
    path.write_text(whole + "\nzzz: <script>\n", encoding="utf-8")
    answer = client.get(PAGE)
    assert answer.status_code == 500
    assert b"glossary.yaml:" in answer.content
    assert b"preview.js" in answer.content or b"preview." in answer.content
    path.write_text(whole, encoding="utf-8")
    assert client.get(PAGE).status_code == 200
