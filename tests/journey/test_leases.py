"""A lab's end is visible, announced, put off by a button, and leaves nothing."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import witness
from tests.witness import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journey.learner import Learner
    from tests.running import Running

pytestmark = pytest.mark.journey


@pytest.fixture
def one_minute(site: Running) -> Iterator[Running]:
    """The site with leases of one minute: the warning of two is due at once."""
    site.web.end()
    site.web.env = {**site.web.env, "TERRARIUM_LEASE_MINUTES": "1"}
    site.web.start()
    yield site
    site.web.end()
    site.web.env = {**site.web.env, "TERRARIUM_LEASE_MINUTES": "60"}
    site.web.start()


def test_the_end_is_announced_and_a_button_puts_it_off(learner: Learner, one_minute: Running):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    learner.start()
    expect(learner.page.locator("#warning")).to_be_visible()
    learner.picture("lease-warning")
    before = learner.page.locator("#clock").inner_text()
    with learner.page.expect_response(re.compile("/extend/")) as answered:
        learner.page.locator("#warning [data-act=extend]").click()
    assert answered.value.ok
    assert before


def test_ending_a_lab_leaves_nothing_of_it(learner: Learner, site: Running):
    learner.come_as_guest()
    before = {lab["Id"] for lab in site.labs()}
    learner.open_exercise("u02-1")
    learner.start()
    mine = {lab["Id"] for lab in site.labs()} - before
    assert len(mine) == 1
    learner.page.locator("#open-tools").click()
    learner.picture("lab-menu")
    learner.page.locator("[data-act=end]").click()
    learner.page.locator("#confirm button[value=yes]").click()
    expect(learner.page.locator("#start")).to_be_enabled()
    assert settled(lambda: not mine & {lab["Id"] for lab in site.labs()}, within=15)


def test_an_overdue_lab_is_ended_with_all_that_it_held(learner: Learner, site: Running):
    learner.come_as_guest()
    before = witness.held(site.here.state / "engine")
    others = {lab["Id"] for lab in site.labs()}
    learner.open_exercise("u02-1")
    learner.start()
    assert witness.held(site.here.state / "engine") != before
    (mine,) = {lab["Id"] for lab in site.labs()} - others
    time_is_over(site, mine)
    expect(learner.page.locator("#start-text")).to_contain_text("time")
    learner.picture("lease-over")
    assert witness.leaks(before, engine=site.here.state / "engine", within=15) == []
    learner.start()


def time_is_over(site: Running, container: str) -> None:
    """The lease on this lab is overdue: the clock cannot be turned, the row can."""
    script = (
        "from django.utils.timezone import now; from sandbox.session.models import Lease; "
        f"Lease.objects.filter(container={container!r}).update(ends_at=now())"
    )
    env = {**os.environ, **site.here.environment()}
    subprocess.run(site.here.web_argv("manage.py", "shell", "-c", script), env=env, check=True)


def test_a_lab_that_cannot_start_says_why_and_the_button_works_again(
    learner: Learner, site: Running
):
    learner.come_as_guest()
    learner.open_exercise("u02-1")
    site.engine.end()
    learner.page.locator("#start").click()
    expect(learner.page.locator("#start-error")).to_be_visible()
    learner.picture("cannot-start")
    site.engine.start()
    learner.start()
