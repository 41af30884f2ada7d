"""What stands around a terminal: clipboard, search, size, transcript; all of it by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journey.learner import Learner

pytestmark = pytest.mark.journey

SEVEN = "\n".join(f"echo line-{n}" for n in range(1, 8))


@pytest.fixture
def at_work(learner: Learner) -> Learner:
    learner.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    return learner


def chooses(learner: Learner, tool: str) -> None:
    """From the terminal's menu, with the keyboard alone."""
    learner.page.locator("#open-tools").press("Enter")
    learner.page.locator(f"#tools [data-tool={tool}]").press("Enter")


def holds(learner: Learner, text: str) -> None:
    learner.page.evaluate("text => navigator.clipboard.writeText(text)", text)


def test_a_selection_is_copied_with_the_key_and_the_shell_hears_nothing(at_work: Learner):
    at_work.types("echo needle-word")
    row = at_work.terminal().locator("div", has_text=re.compile("^needle-word")).first
    row.locator("span").first.dblclick(position={"x": 20, "y": 8}, force=True)
    at_work.page.keyboard.press("Control+Shift+C")
    expect(at_work.page.locator("#toast")).to_have_text("Copied")
    assert at_work.page.evaluate("navigator.clipboard.readText()") == "needle-word"
    assert "^C" not in "\n".join(at_work.lines())


def test_a_short_paste_waits_at_the_prompt_for_enter(at_work: Learner):
    holds(at_work, "echo first-$((1 + 1))\necho second-$((1 + 1))\n")
    chooses(at_work, "paste")
    at_work.until(lambda: "echo second" in at_work.lines()[-1], at_work.lines)
    assert "first-2" not in at_work.lines()
    at_work.page.keyboard.press("Enter")
    at_work.until(lambda: {"first-2", "second-2"} <= set(at_work.lines()), at_work.lines)


def test_a_long_paste_is_shown_first_and_can_be_refused(at_work: Learner):
    holds(at_work, SEVEN)
    chooses(at_work, "paste")
    asked = at_work.page.locator("#confirm")
    expect(asked.get_by_role("heading")).to_have_text("Paste 7 lines?")
    expect(asked.locator("pre")).to_contain_text("echo line-1")
    at_work.picture("paste")
    at_work.page.keyboard.press("Escape")
    at_work.sees_prompt()
    chooses(at_work, "paste")
    expect(asked).to_be_visible()
    asked.locator("button[value=yes]").press("Enter")
    at_work.until(lambda: "echo line-7" in at_work.lines()[-1], at_work.lines)


def test_an_escape_in_a_paste_cannot_end_the_bracket(at_work: Learner):
    holds(at_work, "echo held\x1b[201~\necho ran-$((6 * 7))\n")
    chooses(at_work, "paste")
    at_work.until(lambda: "echo ran" in at_work.lines()[-1], at_work.lines)
    at_work.page.wait_for_timeout(500)
    assert "ran-42" not in at_work.lines()


def test_search_counts_and_esc_returns_to_the_terminal(at_work: Learner):
    at_work.types("seq 60 | sed s/^/grain-/")
    at_work.sees_prompt()
    at_work.page.keyboard.press("Control+Shift+F")
    field = at_work.page.locator("#search-field")
    expect(field).to_be_focused()
    at_work.page.keyboard.type("grain-7")
    expect(at_work.page.locator("#search-found")).to_contain_text("1")
    field.fill("no such thing")
    expect(at_work.page.locator("#search-found")).to_have_text("Not found")
    at_work.page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(at_work.page.locator("#pane-main textarea")).to_be_focused()


def test_what_was_cleared_stays_in_the_transcript_as_plain_text(at_work: Learner):
    at_work.types("printf '\\033[31mred-%s\\033[0m\\n' word")
    at_work.until(lambda: "red-word" in at_work.lines(), at_work.lines)
    chooses(at_work, "clear")
    at_work.until(lambda: "red-word" not in at_work.lines(), at_work.lines)
    chooses(at_work, "read")
    text = at_work.page.locator("#transcript pre")
    expect(text).to_be_focused()
    assert "red-word" in (text.text_content() or "").split("\n")
    assert "\x1b" not in (text.text_content() or "")
    at_work.page.keyboard.press("Escape")
    expect(text).to_be_hidden()


def test_text_size_colours_and_reading_aloud_are_kept_for_the_next_visit(at_work: Learner):
    page = at_work.page
    page.locator("#open-tools").press("Enter")
    before = int(page.locator("#size").inner_text())
    page.locator("[data-size='1']").press("Enter")
    page.locator("#terminal-scheme").select_option("light")
    page.locator("#screen-reader").press("Space")
    page.locator("#tools").press("Escape")
    for _ in ("now", "after a reload"):
        expect(page.locator("#lab")).to_have_attribute("data-scheme", "light")
        expect(page.locator("#size")).to_have_text(str(before + 1))
        # What a screen reader reads: a list of lines, and the news.
        expect(page.locator("#pane-main .xterm-accessibility")).to_be_attached()
        page.reload()


def test_f6_leaves_the_terminal_and_returns(at_work: Learner):
    inside = at_work.page.locator("#pane-main textarea")
    inside.focus()
    at_work.page.keyboard.press("Tab")
    expect(inside).to_be_focused()
    at_work.page.keyboard.press("F6")
    expect(at_work.page.locator("#tab-main")).to_be_focused()
    at_work.page.keyboard.press("Shift+Tab")
    expect(at_work.page.locator(".divider")).to_be_focused()
    at_work.page.keyboard.press("Tab")
    at_work.page.keyboard.press("F6")
    expect(inside).to_be_focused()


def test_the_menu_speaks_chinese(at_work: Learner):
    at_work.reads("zh-hans")
    at_work.page.reload()
    at_work.page.locator("#open-tools").press("Enter")
    expect(at_work.page.locator("#tools [data-tool=copy]")).to_contain_text("复制")
    at_work.picture("terminal-menu-zh")
