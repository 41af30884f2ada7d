"""Lesson text becomes HTML in which nothing can run."""

from __future__ import annotations

import re

import pytest

from course.lessons.glossary import Meaning, Terms
from course.lessons.markdown import render


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        "![x](vbscript:x)",
        "```<script>\n</code><script>alert(1)</script>\n```",
        "# <a href='javascript:alert(1)' onclick=x>title</a>",
    ],
)
def test_a_payload_in_a_text_stays_text(text):
    html = render(text)
    assert "<script" not in html
    for live in (' onerror="', "<img src", 'href="javascript', 'href="data', 'src="vbscript'):
        assert live not in html


def test_code_is_coloured_and_reachable_by_keyboard():
    html = render("```bash\n# a comment\nunshare --uts bash\n```")
    assert '<pre class="code" tabindex="0">' in html
    assert '<span class="c1"># a comment' in html


def test_a_heading_may_carry_a_name_that_both_languages_share():
    html = render("## 自己的名字 {#own}\n\n### Plain\n")
    assert '<h2 id="own">自己的名字</h2>' in html
    assert '<h3 id="plain">Plain</h3>' in html


def test_an_aside_a_table_and_a_heading_with_a_chinese_anchor_are_drawn():
    html = render("## 命名空间\n\n::: warning\n小心\n:::\n\n|a|\n|-|\n|1|\n")
    assert 'id="命名空间"' in html
    assert '<div class="warning">' in html
    assert '<div class="table" tabindex="0"><table>' in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    ("text", "tied"),
    [
        ("看[[box]]：它", '看<span class="tied">@：</span>它'),
        ("看（[[box]]的", '看<span class="tied">（@</span>的'),
        ("[[box]]里", "<p>@里"),
    ],
)
def test_punctuation_stays_with_its_term_at_the_end_of_a_line(text, tied):
    terms = Terms("zh", {"box": Meaning(term="箱", text="一个箱子。")})
    html = re.sub(r"<button.*?</a></span>", "@", render(text, terms))
    assert tied in html
