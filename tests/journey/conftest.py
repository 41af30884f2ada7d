"""One installation for all journeys, and a browser with a fresh visitor for each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journey.learner import PATIENCE, Learner
from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator

expect.set_options(timeout=PATIENCE)
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-3d-apis"]


@pytest.fixture(scope="session")
def site() -> Iterator[Running]:
    with Running({"TERRARIUM_GUESTS_PER_ADDRESS": "1000"}) as running:
        running.serve()
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        assert program, "install Debian's chromium"
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    # The page's own policy forbids injected scripts; the audit is one.
    context = browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 800}, bypass_csp=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def learner(page: Page, site: Running) -> Learner:
    return Learner(page, site.url)
