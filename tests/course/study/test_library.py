"""All content is read before anybody is served; what is broken is named by file and line."""

from __future__ import annotations

import pytest

from course.lessons.documents import BadContent
from course.study import library
from tests.course.conftest import BANK, GLOSSARY


def test_the_shipped_content_is_whole():
    library.check()


@pytest.mark.usefixtures("content")
def test_a_page_with_an_unknown_card_is_refused(content):
    page = content / "units" / "u02-names" / "10-what.en.md"
    page.write_text("# What it is\n\n::: card nobody\n:::\n")
    with pytest.raises(BadContent, match=r"10-what\.en\.md:3: nobody is not in content/bank"):
        library.check()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "glossary.yaml",
            GLOSSARY.replace("kernel:", "zoo:"),
            r"y.yaml:5: namespace stands",
        ),
        (
            "glossary.yaml",
            GLOSSARY.replace("term: 内核", "word: 内核"),
            r"y.yaml:3: kernel.zh",
        ),
        ("bank.yaml", BANK.replace("unit: u02", "unit: u99"), r"bank.yaml:3: .* unit u99"),
        ("bank.yaml", BANK.replace("u02-1", "u02-9"), r"bank.yaml:4: .* exercise u02-9"),
        (
            "bank.yaml",
            BANK.replace("truth: hidden", "truth: maybe"),
            r"k.yaml:2: sight: .*maybe",
        ),
        ("bank.yaml", BANK.replace("{n: {int", "{m: {int"), r"bank.yaml:2: sight: .*\{\{n\}\}"),
        ("bank.yaml", BANK.replace("deed: {zh: 对时", "act: {zh: 对时"), r"may: .*\{\{deed\}\}"),
        ("bank.yaml", BANK.replace("kind: order", "kind: choice"), r"growth: .*two options"),
        ("placement.yaml", "questions: [may]\nenough: 2\n", r"ent.yaml:1: .*enough"),
        (
            "placement.yaml",
            "questions: [may, no]\nenough: 2\n",
            r"ent.yaml:1: there is no no",
        ),
        ("placement.yaml", "questions: [may]\nenough: 1\ntasks: [u9-9]\n", r"ent.yaml:3: .* u9-9"),
        ("units/u02-names/unit.yaml", "before: [u01, u77]\n", r"unit.yaml:1: .* unit u77"),
        ("units/u02-names/unit.yaml", "\nreview:\n  - may\n  - nobody\n", r"unit.yaml:4: nobody"),
        ("units/u02-names/unit.yaml", "goals: [{zh: 甲}]\n", r"unit.yaml:1: goals.0.en"),
    ],
)
def test_a_broken_file_says_where(content, name, text, told):
    (content / name).write_text(text)
    with pytest.raises(BadContent, match=told):
        library.check()


@pytest.mark.parametrize("name", ["glossary.yaml", "bank.yaml"])
def test_a_missing_file_is_named(content, name):
    (content / name).unlink()
    with pytest.raises(BadContent, match=f"{name}:1: No such file"):
        library.check()
