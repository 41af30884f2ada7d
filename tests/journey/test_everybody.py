"""Nobody is kept out by how a page is built: axe-core on the main pages, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from tests.journey.learner import Learner

pytestmark = pytest.mark.journey

OPEN_TO_ALL = ["/", "/accounts/login/", "/accounts/signup/", "/exercises/u02-1/"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", OPEN_TO_ALL)
def test_a_page_has_no_barriers(learner: Learner, path: str, language: str):
    learner.page.context.add_cookies(
        [{"name": "terrarium-language", "value": language, "url": learner.url}]
    )
    learner.visit(path)
    assert learner.barriers() == []


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
