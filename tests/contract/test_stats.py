"""The numbers of `docker stats`: the same names from both engines, and values that fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.wire import Wire, ask

pytestmark = pytest.mark.contract
V1 = Path("/sys/fs/cgroup/memory").exists()
LISTS = "blkio_stats"


def shape(value: Any) -> Any:
    """The names, without what is counted by device or by what the machine happens to do."""
    if not isinstance(value, dict):
        return None
    return {name: shape(below) for name, below in value.items()}


@pytest.fixture
def busy(engine, name):
    limits = ("-m", "64m", "--pids-limit", "50")
    engine.ask("run", "-d", "--name", name, *limits, "box:1", "sh", "-c", "while :; do :; done")
    return name


def test_two_readings_tell_how_busy_it_is(engine, busy):
    _, _, seen = ask(engine, "GET", f"/containers/{busy}/stats?stream=0")
    assert seen["name"] == f"/{busy}"
    assert seen["pids_stats"] == {"current": 1, "limit": 50}
    assert seen["memory_stats"]["limit"] == 64 << 20
    assert 0 < seen["memory_stats"]["usage"] < 64 << 20
    now, before = seen["cpu_stats"], seen["precpu_stats"]
    used = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    passed = now["system_cpu_usage"] - before["system_cpu_usage"]
    assert 0 < used <= 1.2 * passed
    assert "eth0" in seen["networks"]


def test_a_single_reading_has_none_before(engine, busy):
    status, _, seen = ask(engine, "GET", f"/containers/{busy}/stats?stream=0&one-shot=1")
    assert status == 200
    assert seen["preread"].startswith("0001-01-01")
    assert seen["precpu_stats"]["cpu_usage"]["total_usage"] == 0
    assert seen["cpu_stats"]["cpu_usage"]["total_usage"] > 0


def test_one_shot_and_a_stream_exclude_each_other(engine, busy):
    status, _, said = ask(engine, "GET", f"/containers/{busy}/stats?stream=1&one-shot=1")
    assert (status, said["message"]) == (400, "cannot have stream=true and one-shot=true")


def test_what_does_not_run_has_names_and_no_numbers(engine, created):
    _, _, seen = ask(engine, "GET", f"/containers/{created}/stats?stream=0")
    assert seen["id"] == created
    assert seen["read"] == seen["preread"] == "0001-01-01T00:00:00Z"
    assert (seen["memory_stats"], seen["pids_stats"]) == ({}, {})
    assert set(seen[LISTS].values()) == {None}


def test_a_stream_goes_on_and_each_reading_knows_the_one_before(engine, busy):
    with Wire(engine) as wire:
        wire.send("GET", f"/containers/{busy}/stats")
        assert wire.head()[0] == 200
        first, second = (json.loads(wire.chunk()) for _ in range(2))
    assert first["preread"].startswith("0001-01-01")
    assert second["preread"] == first["read"]
    assert second["precpu_stats"] == first["cpu_stats"]


@pytest.mark.skipif(not V1, reason="version 2 tells other names: test_version_2 has them")
def test_the_names_are_those_of_docker(engine, busy):
    _, _, seen = ask(engine, "GET", f"/containers/{busy}/stats?stream=0")
    details = seen["memory_stats"]["stats"]
    assert shape({**seen, "memory_stats": {**seen["memory_stats"], "stats": {}}}) == shape(NAMES)
    assert {"active_anon", "inactive_file", "pgfault", "unevictable"} <= set(details)


_CPU = {
    "cpu_usage": dict.fromkeys(
        ("total_usage", "percpu_usage", "usage_in_kernelmode", "usage_in_usermode")
    ),
    "system_cpu_usage": 0,
    "online_cpus": 0,
    "throttling_data": dict.fromkeys(("periods", "throttled_periods", "throttled_time")),
}
NAMES: dict[str, Any] = {
    **dict.fromkeys(("read", "preread", "num_procs", "name", "id")),
    "pids_stats": dict.fromkeys(("current", "limit")),
    "blkio_stats": dict.fromkeys(
        (
            *("io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive"),
            *("io_service_time_recursive", "io_wait_time_recursive", "io_merged_recursive"),
            *("io_time_recursive", "sectors_recursive"),
        )
    ),
    "storage_stats": {},
    "cpu_stats": _CPU,
    "precpu_stats": _CPU,
    "memory_stats": {"usage": 0, "max_usage": 0, "stats": {}, "limit": 0},
    "networks": {
        "eth0": {
            f"{way}_{what}": 0
            for way in ("rx", "tx")
            for what in ("bytes", "packets", "errors", "dropped")
        }
    },
}
