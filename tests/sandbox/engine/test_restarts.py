"""Restart policies without an engine: who starts again, and after how long."""

from __future__ import annotations

import pytest

from sandbox.engine.record import Config, HostConfig, Record, Status
from sandbox.engine.restarts import LONGEST_PAUSE, RestartPolicy, Restarts


def record(policy, limit=0, **status):
    host = HostConfig(restart_policy=policy, restart_limit=limit)
    return Record("1" * 64, "one", "", "", Config("box"), host, 0, Status(**status))


@pytest.mark.parametrize(
    ("policy", "limit", "code", "status", "again"),
    [
        ("no", 0, 1, {}, False),
        ("always", 0, 0, {}, True),
        ("always", 0, 0, {"stopped_by_hand": True}, True),
        ("unless-stopped", 0, 0, {}, True),
        ("unless-stopped", 0, 0, {"stopped_by_hand": True}, False),
        ("on-failure", 0, 0, {}, False),
        ("on-failure", 0, 1, {"restart_count": 1000}, True),
        ("on-failure", 2, 1, {"restart_count": 1}, True),
        ("on-failure", 2, 1, {"restart_count": 2}, False),
    ],
)
def test_the_policy_decides(policy, limit, code, status, again):
    assert Restarts().due(record(policy, limit, **status), code, seconds=1) is again


def test_whoever_was_told_to_end_stays_ended():
    restarts = Restarts()
    restarts.over.set()
    assert not restarts.due(record(RestartPolicy.ALWAYS), 1, seconds=1)


def test_pauses_double_up_to_a_minute_and_begin_anew_after_a_steady_run():
    restarts = Restarts()
    pauses = []
    for seconds in [1] * 11 + [10]:
        restarts.due(record(RestartPolicy.ALWAYS), 0, seconds)
        pauses.append(round(restarts.pause, 3))
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[10] == LONGEST_PAUSE
    assert pauses[11] == 0.1
