"""What a first visit loads: little, and nothing from other sites."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.journey import pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journey.learner import Learner
    from tests.running import Running

pytestmark = pytest.mark.journey

MOST = 250 * 1024  # bytes over the wire for a lesson page with all that it loads


def test_a_first_visit_to_any_lesson_loads_little(browser, site: Running):
    for path in pages.LESSONS:
        context = browser.new_context(locale="en-GB")
        received = bytes_received(context.new_page(), site.url + path)
        context.close()
        assert 5_000 < received < MOST, path


def test_no_page_asks_another_site_or_breaks_its_policy(browser, site: Running):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
    for path in pages.OPEN:
        page.goto(site.url + path, wait_until="networkidle")
    context.close()
    assert hosts == {urlsplit(site.url).netloc}
    assert complaints == []


def test_an_exercise_at_work_keeps_the_policy(browser, site: Running, learner: Learner):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
    learner.page = page
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    context.close()
    assert complaints == []


def bytes_received(page: Page, address: str) -> int:
    """Of everything that the page loads, as it came over the wire."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    return int(sum(sizes))
