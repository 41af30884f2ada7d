"""The catalogue: every sentence has its Chinese, with the same blanks to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "course/locale/zh_Hans/LC_MESSAGES/django.po"
_STRING = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[0\]) "(.*)"$', re.MULTILINE)
_MARKED = re.compile(r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')""")
_BLOCK = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
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


def test_every_sentence_of_a_template_is_in_the_catalogue():
    known = {entry["msgid"].replace('\\"', '"') for entry in entries()}
    missing = {
        f"{path.name}: {sentence}"
        for path in (ROOT / "templates").rglob("*.html")
        for sentence in marked(path.read_text(encoding="utf-8"))
        if sentence not in known
    }
    assert sorted(missing) == []


def marked(text: str) -> list[str]:
    """The sentences that a template marks for translation, as the catalogue writes them."""
    blocks = (re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", block) for block in _BLOCK.findall(text))
    return [one or other for one, other in _MARKED.findall(text)] + list(blocks)
