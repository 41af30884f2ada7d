"""A newcomer's first hour: language, guest, prompt, a check that turns green by itself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journey.learner import Learner

pytestmark = pytest.mark.journey


def number(learner: Learner) -> str:
    """The box number that this attempt asks for."""
    found = re.search(r"box-(\d+)", learner.page.locator("article.prose").inner_text())
    assert found
    return found[1]


def test_the_course_page_lists_every_unit_and_says_which_exercises_are_coming(learner: Learner):
    learner.visit("/")
    expect(learner.page.locator("li.unit")).to_have_count(14)
    expect(learner.page.locator("li.unit.waiting .coming").first).to_be_visible()
    expect(
        learner.page.get_by_role("link", name=re.compile("A hostname of your own"))
    ).to_be_visible()
    learner.picture("course-en")


def test_the_language_changes_and_the_page_stays(learner: Learner):
    learner.come_as_guest("/exercises/u02-1/")
    expect(learner.page.locator("html")).to_have_attribute("lang", "en")
    learner.page.get_by_role("button", name="用中文阅读").click()
    expect(learner.page).to_have_url(re.compile("/exercises/u02-1/"))
    expect(learner.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(learner.page.get_by_role("heading", level=1)).to_have_text("给自己换个主机名")
    learner.picture("exercise-zh")
    learner.visit("/")
    expect(learner.page.get_by_role("link", name=re.compile("给自己换个主机名"))).to_be_visible()
    learner.picture("course-zh")
    learner.page.get_by_role("button", name="Read in English").click()
    expect(learner.page.locator("html")).to_have_attribute("lang", "en")


def test_a_guest_types_two_commands_and_the_check_turns_green_by_itself(learner: Learner):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    learner.until(lambda: "passed" in (learner.check(1).get_attribute("class") or ""))
    # What holds in an untouched lab does not take the task out of sight.
    expect(learner.page.get_by_role("heading", level=1)).to_be_in_viewport()
    learner.picture("exercise-started")
    learner.types("unshare --uts bash")
    learner.types(f"hostname box-{number(learner)}")
    expect(learner.check(0)).to_have_class(re.compile("passed"))
    expect(learner.page.locator("#passed")).to_be_visible()
    learner.types("hostname && readlink /proc/self/ns/uts")
    learner.sees_prompt()
    learner.page.locator(".checklist").evaluate("list => list.scrollIntoView({block: 'start'})")
    learner.picture("checks-green")
    learner.page.locator("#passed").scroll_into_view_if_needed()
    learner.picture("exercise-passed")
    learner.visit("/")
    row = learner.page.locator("li.row", has_text="A hostname of your own")
    expect(row).to_have_class(re.compile("passed|done"))
    learner.picture("course-progress")


def test_the_wrong_way_shows_what_was_expected_what_was_found_and_a_hint(learner: Learner):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    expect(learner.check(1)).to_have_class(re.compile("passed"))
    # A fresh lab has done nothing wrong: what does not hold in it is not done yet.
    expect(learner.check(0)).to_have_class(re.compile("pending"))
    learner.types("hostname oops")
    expect(learner.check(0)).to_have_class(re.compile("failing"))
    hint = learner.page.locator(".diagnosis li").first
    expect(hint).to_contain_text("The whole sandbox has a new name: oops.")
    expect(learner.check(1).locator("dd.expected")).to_contain_text("lab")
    expect(learner.check(1).locator("dd.found")).to_contain_text("oops")
    expect(hint).to_be_in_viewport()
    learner.picture("exercise-mistake")


def test_a_guest_keeps_the_progress_by_choosing_a_name_and_logs_in_again(learner: Learner):
    learner.come_as_guest("/exercises/u02-1/")
    learner.page.get_by_role("link", name="Keep my progress").click()
    learner.page.fill("input[name=username]", "ada")
    learner.page.fill("input[name=password1]", "a long enough phrase")
    learner.page.fill("input[name=password2]", "a long enough phrase")
    learner.picture("claim")
    learner.page.locator("main form button").click()
    expect(learner.page.locator(".who")).to_have_text("ada")
    learner.visit("/accounts/logout/")
    learner.page.locator("main form button").click()
    learner.log_in("ada", "a long enough phrase")
    expect(learner.page.locator(".who")).to_have_text("ada")


def test_signing_up_takes_a_name_and_a_password(learner: Learner):
    learner.sign_up("grace", "another long phrase")
    expect(learner.page.locator(".who")).to_have_text("grace")
