"""A lesson page's text: every piece in its place, and every broken reference with its line."""

from __future__ import annotations

from typing import Any

import pytest

from course.lessons import texts
from course.lessons.documents import BadContent
from course.lessons.texts import CardPlace, Drawing, Prose, Source

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>t</title><desc>d</desc></svg>'
)


def shown(read) -> tuple[Any, ...]:
    """The page's pieces; each test knows which kind it looks at."""
    return texts.pieces(read)


@pytest.fixture
def page(content):
    directory = content / "units" / "u02-names"
    (directory / "figures").mkdir()
    (directory / "figures" / "two.svg").write_text(SVG)
    (content / "plans").mkdir()
    (content / "plans" / "lab-plain.txt").write_text("PivotRoot(root='root')\n")

    def written(text, language="en"):
        path = directory / f"90-page.{language}.md"
        path.write_text(text, encoding="utf-8")
        return texts.lesson_text(path, language)

    return written


def test_pieces_come_in_the_order_of_the_page(page):
    read = page(
        "---\nnotes: [5, 6]\n---\n# A [[namespace]]\n\nText.\n\n![Two boxes](figures/two.svg)\n\n"
        "```python include=sandbox/kernel/namespaces.py#unshare\n```\n\n"
        "```plan include=lab-plain\n```\n\n::: card sight\n:::\n\nThe end.\n"
    )
    assert read.notes == (5, 6)
    kinds = [type(piece) for piece in shown(read)]
    assert kinds == [Prose, Drawing, Source, Source, CardPlace, Prose]
    assert list(read.cards()) == [("sight", 16)]
    _, drawing, source, plan, *_ = shown(read)
    assert drawing.caption == "Two boxes"
    assert "def</span>" in source.html
    assert "libc" in source.html
    assert "PivotRoot" in plan.html


def test_a_function_is_shown_as_it_stands_in_our_source_and_nothing_else_of_the_file(page):
    read = page("# A\n\n```python include=sandbox/boot/steps.py#PivotRoot.apply\n```\n")
    function = shown(read)[1]
    assert function.name == "sandbox/boot/steps.py"
    assert "pivot_root(2), NOTES" in function.html
    assert "LoopDisk" not in function.html
    assert "noqa" not in function.html


def test_a_term_is_a_button_that_is_described_by_its_meaning(page):
    (prose,) = shown(page("# A\n\nA [[list of names|namespace]], again a [[namespace]].\n"))
    assert '<button type="button" class="term" popovertarget="term-namespace"' in prose.html
    assert 'aria-describedby="gloss-namespace">list of names</button>' in prose.html
    assert prose.html.count('id="term-namespace"') == 1
    assert "A list of names that a process sees." in prose.html


def test_a_chinese_page_explains_in_chinese(page):
    (prose,) = shown(page("# 甲\n\n每个[[namespace]]。\n", "zh"))
    assert ">命名空间</button>" in prose.html
    assert "进程看见的名册。" in prose.html


def test_brackets_in_code_stay_code(page):
    (prose,) = shown(page("# A\n\n`[[ -f x ]]` and [[ -f y ]]\n\n```sh\n[[namespace]]\n```\n"))
    assert "popovertarget" not in prose.html


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("No title.\n", ":1: a page begins with its title"),
        ("---\nnotes: [5]\n---\n\nNo title.\n", ":4: a page begins with its title"),
        ("---\nnotes: [five]\n---\n# A\n", ":2: notes.0"),
        ("---\nnotes: [5]\nby: me\n---\n# A\n", ":3: by"),
        ("# A\n\nOne\n\ntwo [[nothing]]\n", ":5: nothing is not in content/glossary.yaml"),
        ("---\nnotes: []\n---\n# A\n\n[[nothing]]\n", ":6: nothing"),
        ("# A\n\n![Two](figures/none.svg)\n", ":3: figures/none.svg"),
        ("# A\n\n![Two](../figures/two.svg)\n", ":3: ../figures/two.svg"),
        ("# A\n\n![](figures/two.svg)\n", ":3: figures/two.svg needs a sentence"),
        ("# A\n\nText ![Two](figures/two.svg)\n", ":3: a drawing stands on a line of its own"),
        ("# A\n\n::: card\n:::\n", ":3: write ::: card"),
        ("# A\n\n::: card sight\nText\n:::\n", ":3: write ::: card"),
        ("# A\n\n```python include=deploy/settings.py#a\n```\n", ":3: include="),
        ("# A\n\n```python include=sandbox/kernel/../../x.py#a\n```\n", ":3: include="),
        ("# A\n\n```python include=sandbox/kernel/none.py#a\n```\n", ":3: include="),
        ("# A\n\n```python include=sandbox/kernel/namespaces.py#nope\n```\n", "defines no nope"),
        (
            "# A\n\n```python include=sandbox/kernel/namespaces.py#setns\nx\n```\n",
            "has to be empty",
        ),
        ("# A\n\n```plan include=none\n```\n", "content/plans/none.txt"),
        ("# A\n\n- a\n\n  ```plan include=lab-plain\n  ```\n", ":5: write ```LANGUAGE include="),
    ],
)
def test_a_broken_page_says_where_and_why(page, text, told):
    with pytest.raises(BadContent, match="90-page") as broken:
        page(text)
    assert told in str(broken.value)


def test_a_broken_drawing_is_named_by_its_own_file(page, content):
    (content / "units" / "u02-names" / "figures" / "bad.svg").write_text("<svg><script/></svg>")
    with pytest.raises(BadContent, match=r"bad\.svg:1: "):
        page("# A\n\n![Bad](figures/bad.svg)\n")
