"""Nobody is kept out by how a page is built: axe-core and a phone's width on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.journey import pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Browser

    from tests.journey.learner import Learner

pytestmark = pytest.mark.journey

PHONE: ViewportSize = {"width": 390, "height": 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def everything_against(learner: Learner, paths: Iterable[str]) -> list[str]:
    """What axe-core says in light and dark, and what a phone would have to move sideways."""
    said = []
    # A colour on its way from one scheme to the other is neither.
    learner.page.emulate_media(reduced_motion="reduce")
    for path in paths:
        learner.visit(path)
        for scheme in SCHEMES:
            learner.page.emulate_media(color_scheme=scheme)
            said += [f"{path} {scheme} {one}" for one in learner.barriers()]
        usual = learner.page.viewport_size
        learner.page.set_viewport_size(PHONE)
        said += [f"{path} on a phone {one}" for one in learner.barriers()]
        wide = learner.page.evaluate(OVERFLOW)
        said += [f"{path} is {wide} px wider than a phone"] if wide else []
        learner.page.set_viewport_size(usual or PHONE)
    return said


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_page_has_a_barrier(learner: Learner, language: str):
    learner.reads(language)
    assert everything_against(learner, pages.OPEN) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_page_of_a_guest_has_a_barrier(learner: Learner, language: str):
    learner.reads(language)
    learner.come_as_guest()
    assert everything_against(learner, pages.GUEST) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_page_of_a_member_has_a_barrier(learner: Learner, language: str):
    learner.reads(language)
    learner.sign_up(f"hopper-{language}", "a third long phrase")
    assert everything_against(learner, pages.MEMBER) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_exercise_at_work_has_no_barriers(learner: Learner, scheme: Literal["light", "dark"]):
    learner.page.emulate_media(color_scheme=scheme)
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    assert learner.barriers() == []
    learner.start()
    assert learner.barriers() == []
    learner.types("hostname oops")
    learner.page.locator(".diagnosis li").first.wait_for()
    assert learner.barriers() == []
    learner.picture(f"exercise-{scheme}")


def test_the_terminals_menu_and_its_sheets_have_no_barriers(learner: Learner):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    learner.page.locator("#open-tools").click()
    assert learner.barriers() == []
    learner.page.locator("#tools [data-tool=read]").click()
    assert learner.barriers() == []
    learner.page.keyboard.press("Escape")
    learner.page.locator("#open-tools").click()
    learner.page.locator("#tools [data-tool=shortcuts]").click()
    assert learner.barriers() == []


def test_a_phones_menu_opens_without_a_script(browser: Browser, learner: Learner):
    context = browser.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(learner.url + "/glossary/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Log in").click()
    page.wait_for_url("**/accounts/login/**")
    context.close()


def test_the_first_key_leads_past_the_header(learner: Learner):
    learner.visit(pages.LESSONS[0])
    learner.page.keyboard.press("Tab")
    skip = learner.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    learner.page.keyboard.press("Enter")
    expect(learner.page.locator("main")).to_be_focused()


def test_a_hint_is_asked_for_and_read_with_the_keyboard(learner: Learner):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    learner.types("hostname oops")
    more = learner.page.locator(".diagnosis .more")
    expect(more).to_be_enabled()
    more.press("Enter")
    expect(learner.page.locator(".diagnosis li")).to_have_count(2)
    # The step was drawn anew, and who was in it still is.
    assert learner.page.evaluate("document.activeElement.closest('.step') !== null")


def test_on_a_phone_task_and_lab_take_turns(learner: Learner):
    learner.page.set_viewport_size(PHONE)
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    text, lab = learner.page.locator(".bench > .text"), learner.page.locator("#lab")
    expect(text).to_be_visible()
    expect(lab).to_be_hidden()
    learner.page.get_by_role("button", name="Lab", exact=True).click()
    expect(text).to_be_hidden()
    learner.start()
    assert learner.asks("echo from-a-phone") == "from-a-phone"
    assert learner.page.evaluate(OVERFLOW) == 0
    learner.picture("phone-lab")
    learner.page.get_by_role("button", name="Task").click()
    expect(text).to_be_visible()
    expect(lab).to_be_hidden()
    learner.picture("phone-task")
