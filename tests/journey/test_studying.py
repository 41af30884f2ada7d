"""What surrounds the exercises: finding, remembering, writing down, showing to others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journey.test_first_light import number

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.journey.learner import Learner

pytestmark = pytest.mark.journey


def test_the_slash_leads_to_the_search_and_from_there_to_a_section(learner: Learner):
    learner.visit("/glossary/")
    learner.page.keyboard.press("Control+k")
    field = learner.page.get_by_role("searchbox")
    expect(field).to_be_focused()
    field.fill("pivot_root")
    field.press("Enter")
    expect(learner.page.locator(".found mark").first).to_have_text("pivot_root")
    learner.picture("search")
    learner.page.locator(".found a[href^='/lessons/']").first.click()
    expect(learner.page.locator("main")).to_contain_text("pivot_root")


def test_a_review_is_answered_and_skipped_without_a_script(browser: Browser, learner: Learner):
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(learner.url + "/units/u03/")
    cards = page.locator(".review .predict")
    expect(cards).to_have_count(3)
    while page.locator(".review form").count():
        page.locator(".review form").first.get_by_role("button", name="Skip").click()
    expect(page.locator(".review")).to_contain_text("0 of 3 known")
    page.get_by_role("link", name="Ask me others").click()
    expect(page.locator(".review form")).to_have_count(3)
    context.close()


def test_who_has_passed_writes_down_what_surprised_and_shows_a_certificate(
    browser: Browser, learner: Learner
):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    learner.types("unshare --uts bash")
    learner.types(f"hostname box-{number(learner)}")
    page = learner.page
    page.get_by_label("What surprised you?").fill("Two names at once")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".surprise [role=status]")).to_contain_text("Kept")
    learner.sees_prompt()  # The page has not been left.
    learner.visit("/mine/")
    expect(page.locator(".surprises")).to_contain_text("Two names at once")
    assert learner.barriers() == []
    page.get_by_label("Name on it").fill("Mei Lin")
    page.get_by_role("button", name="Issue a certificate").click()
    page.wait_for_url(re.compile("/certificates/"))
    assert learner.barriers() == []
    learner.picture("certificate")
    stranger = browser.new_context(locale="en-GB").new_page()
    stranger.goto(page.url)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Mei Lin")
    learner.visit("/mine/")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_role("button", name="Issue a certificate")).to_be_visible()
    answer = stranger.reload()
    assert answer is not None
    assert answer.status == 404
    stranger.context.close()
