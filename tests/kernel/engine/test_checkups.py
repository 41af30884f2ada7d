"""What contracts cannot show of health checks: processes, and the end of an engine."""

from __future__ import annotations

import pytest

from tests import witness
from tests.kernel.engine.test_adoption import reborn

pytestmark = pytest.mark.kernel


def checked(own, name, command, *options):
    quick = ("--health-interval", "0.2s", "--health-retries", "1", *options)
    own.all.ask(
        "run", "-d", "--name", name, "--health-cmd", command, *quick, "box:1", "sleep", "60"
    )


def becomes(own, name, health):
    return witness.settled(
        lambda: own.all.inspect(name, ".State.Health.Status") == health, within=20
    )


def test_a_check_that_takes_too_long_is_killed(own):
    # exec: the check is the process itself, as with HEALTHCHECK CMD.
    checked(own, "slow", "exec sleep 77", "--health-timeout", "0.3s")
    assert becomes(own, "slow", "unhealthy")
    processes = "ps | grep -c '[s]leep 77'"
    # Several have been begun by now, and at most one is under way.
    assert own.all.docker("exec", "slow", "sh", "-c", processes).stdout.strip() in (b"0", b"1")


def test_the_next_engine_knows_the_health_and_goes_on_checking(own):
    checked(own, "goes-on", "test ! -e /ill")
    assert becomes(own, "goes-on", "healthy")
    reborn(own)
    assert own.all.inspect("goes-on", ".State.Health.Status") == "healthy"
    own.all.ask("exec", "goes-on", "touch", "/ill")
    assert becomes(own, "goes-on", "unhealthy")


def test_checks_leave_no_exec_instances_behind(own):
    checked(own, "often", "true", "--health-interval", "0.05s")
    assert becomes(own, "often", "healthy")
    assert witness.settled(
        lambda: own.all.ask("inspect", "-f", "{{len .State.Health.Log}}", "often") == "5", within=20
    )
    # One may be under way.
    assert int(own.all.ask("inspect", "-f", "{{len .ExecIDs}}", "often")) <= 1
