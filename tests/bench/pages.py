"""A first visit to a lesson page: until its text stands there, and until everything is loaded.

`python -m tests.bench pages [--short]`. Each visit is a fresh browser profile: nothing is cached.
"""

from __future__ import annotations

import shutil
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.running import Running

PAGES = ("/", "/lessons/u02/what-a-process-sees/")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-3d-apis"]
# When the first text was painted and when the last file was there, in ms since the visit began.
TIMES = """() => [
  performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByType("navigation")[0].loadEventEnd,
]"""


def run(*, short: bool) -> bool:
    """Print the table; there is no target that a shared machine could miss by itself."""
    rounds = 5 if short else 20
    with Running() as running, sync_playwright() as playwright:
        running.serve()
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        print("First visit: ms p50 until the text is painted, until all is loaded")
        for page in PAGES:
            visits = [visit(chromium, running.url + page) for _ in range(rounds + 1)][1:]
            painted, loaded = (median(each) for each in zip(*visits, strict=True))
            print(f"  {page:40} {painted:6.0f} {loaded:6.0f}")
        chromium.close()
    return True


def visit(chromium: Browser, address: str) -> tuple[float, float]:
    """(painted, loaded) in ms"""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    painted, loaded = page.evaluate(TIMES)
    context.close()
    return painted, loaded
