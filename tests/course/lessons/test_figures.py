"""A drawing in a page: words in both languages, and nothing that is not on the list."""

from __future__ import annotations

import pytest

from course.lessons.documents import BadContent
from course.lessons.figures import figure

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 100">'
NAMED = "<title>{{zh:两个框|en:Two boxes}}</title><desc>{{zh:左右|en:left &amp; right}}</desc>"


def drawn(tmp_path, body, head=HEAD):
    path = tmp_path / "boxes.svg"
    path.write_text(f"{head}{body}</svg>", encoding="utf-8")
    return figure(path)


def test_each_language_gets_its_words_and_only_those(tmp_path):
    shown = drawn(
        tmp_path, f'{NAMED}<text x="1" class="fig-text">{{{{zh:网卡|en:device}}}} 0</text>'
    )
    assert ">网卡 0<" in shown.told("zh")
    assert ">device 0<" in shown.told("en")
    assert "网卡" not in shown.told("en")
    assert "{{" not in shown.told("zh") + shown.told("en")


def test_a_screen_reader_finds_title_and_description(tmp_path):
    shown = drawn(tmp_path, NAMED).told("en")
    assert 'role="img" aria-labelledby="fig-boxes-title fig-boxes-desc"' in shown
    assert '<title id="fig-boxes-title">Two boxes</title>' in shown
    assert '<desc id="fig-boxes-desc">left &amp; right</desc>' in shown


def test_a_marker_is_found_on_a_page_with_other_drawings(tmp_path):
    tip = '<marker id="tip" orient="auto"><path d="M0 0L4 2" class="fig-line"/></marker>'
    line = '<path d="M0 0 L9 9" class="fig-line" marker-end="url(#tip)"/>'
    shown = drawn(tmp_path, f"{NAMED}<defs>{tip}</defs>{line}").told("zh")
    assert '<marker id="fig-boxes-tip"' in shown
    assert 'marker-end="url(#fig-boxes-tip)"' in shown


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<a href="https://example.org"><text>x</text></a>',
        '<image href="x.png"/>',
        "<style>*{fill:red}</style>",
        "<foreignObject><p>x</p></foreignObject>",
        '<use href="#a"/>',
        '<rect onclick="alert(1)"/>',
        '<rect style="fill:red"/>',
        '<rect fill="red"/>',
        '<rect class="card"/>',
        '<path d="javascript:alert(1)"/>',
        '<path marker-end="url(https://example.org/#a)"/>',
        '<animate attributeName="x"/>',
        "<g>words outside of text</g>",
        '<svg viewBox="0 0 1 1"></svg>',
        "<text>{{zh:只有中文}}</text>",
    ],
)
def test_what_is_not_listed_is_refused_with_its_line(tmp_path, body):
    with pytest.raises(BadContent, match=r"boxes\.svg:2: "):
        drawn(tmp_path, f"{NAMED}\n{body}")


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (HEAD, "<title>a</title>", "desc"),
        (HEAD, "<desc>a</desc>", "title"),
        ('<svg viewBox="0 0 1 1">', NAMED, "xmlns"),
        (HEAD.replace(' viewBox="0 0 720 100"', ""), NAMED, "viewBox"),
        (HEAD.replace("<svg", '<svg width="10"'), NAMED, "no width"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + HEAD, NAMED, "DOCTYPE"),
        (HEAD, f"{NAMED}<g>", "mismatched tag"),
    ],
)
def test_a_drawing_is_whole(tmp_path, head, body, reason):
    with pytest.raises(BadContent, match=reason):
        drawn(tmp_path, body, head)
