"""The catalogue: every sentence has its Chinese, with the same blanks to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CATALOGUE = Path(__file__).parents[2] / "course/locale/zh_Hans/LC_MESSAGES/django.po"
_STRING = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[0\]) "(.*)"$', re.MULTILINE)
_BLANK = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def entries() -> list[dict[str, str]]:
    blocks = CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]
    return [{kind.removesuffix("[0]"): text for kind, text in _STRING.findall(b)} for b in blocks]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["msgid"][:40])
def test_a_sentence_is_translated_with_the_same_blanks(entry):
    assert entry["msgstr"]
    assert sorted(_BLANK.findall(entry["msgstr"])) == sorted(_BLANK.findall(entry["msgid"]))


def test_no_translation_is_a_guess():
    assert "fuzzy" not in CATALOGUE.read_text(encoding="utf-8")


def test_no_text_calls_a_task_easy():
    text = CATALOGUE.read_text(encoding="utf-8").lower()
    assert not re.search(r"\b(simply|just|easy|easily)\b|只需|很简单|轻松", text)
