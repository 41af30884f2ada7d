"""The terminal comes back, with its scrollback and the same shell, whatever happened in between."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.journey.learner import Learner
    from tests.running import Running

pytestmark = pytest.mark.journey


@pytest.fixture
def at_work(learner: Learner) -> Learner:
    """A learner with a prompt, and a line of output to be found again."""
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    learner.types("echo marker-$((6 * 7))")
    learner.until(lambda: "marker-42" in learner.lines(), learner.lines)
    return learner


def has_its_scrollback(learner: Learner) -> None:
    learner.until(lambda: "marker-42" in learner.lines(), learner.lines)


def test_a_reload_keeps_scrollback_and_shell(at_work: Learner):
    at_work.types("echo shell-$$")
    at_work.until(lambda: any(re.fullmatch(r"shell-\d+", line) for line in at_work.lines()))
    shell = next(line for line in at_work.lines() if re.fullmatch(r"shell-\d+", line))
    at_work.page.reload()
    has_its_scrollback(at_work)
    assert at_work.asks("echo shell-$$") == shell


def test_a_cut_network_is_told_and_survived(at_work: Learner):
    shell = at_work.asks("echo $$")
    at_work.page.context.set_offline(True)
    at_work.page.wait_for_timeout(500)
    at_work.page.context.set_offline(False)
    at_work.sees_prompt()
    assert at_work.asks("echo $$") == shell


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_restart_of_the_web_process_keeps_the_shell(
    at_work: Learner, site: Running, number: signal.Signals
):
    shell = at_work.asks("echo $$")
    site.web.end(number)
    expect(at_work.page.locator("#pane-main .connection")).to_be_visible()
    at_work.picture(f"reconnecting-{number.name.lower()}")
    site.web.start()
    expect(at_work.page.locator("#pane-main .connection")).to_be_hidden()
    assert at_work.asks("echo $$") == shell


def test_a_killed_engine_cuts_nothing_and_the_next_one_knows_the_lab(
    at_work: Learner, site: Running
):
    shell = at_work.asks("echo $$")
    site.engine.end(signal.SIGKILL)
    assert at_work.asks("echo $$") == shell
    site.engine.start()
    at_work.page.reload()
    at_work.sees_prompt()
    assert at_work.asks("echo $$") == shell


def test_a_second_terminal_is_in_the_same_lab(at_work: Learner):
    at_work.asks("echo together > /tmp/note; echo written")
    at_work.page.locator("#new-terminal").click()
    at_work.sees_prompt("second")
    assert at_work.asks("cat /tmp/note", "second") == "together"
    at_work.picture("second-terminal")


def test_a_reset_gives_a_fresh_lab(at_work: Learner, site: Running):
    at_work.asks("echo old > /tmp/note; echo written")
    before = {lab["Id"] for lab in site.labs()}
    at_work.page.locator("[data-act=reset]").click()
    at_work.picture("reset-dialog")
    at_work.page.locator("#confirm button[value=yes]").click()
    at_work.until(lambda: bool({lab["Id"] for lab in site.labs()} - before))
    at_work.sees_prompt()
    assert "No such file" in at_work.asks("cat /tmp/note")


def test_a_shell_that_ends_says_its_status_and_offers_a_new_one(at_work: Learner):
    at_work.types("exit 7")
    expect(at_work.page.locator("#pane-main .connection")).to_contain_text("7")
    at_work.page.locator("#pane-main .again").click()
    at_work.sees_prompt()
    assert at_work.asks("echo fresh") == "fresh"
