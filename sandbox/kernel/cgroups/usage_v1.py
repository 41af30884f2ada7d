"""What a group of version 1 has used; Documentation/admin-guide/cgroup-v1."""

from __future__ import annotations

import os
from typing import Any

from sandbox.kernel.cgroups import files
from sandbox.kernel.cgroups.usage import Io

_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_TOTAL = "total_"
_LIMITS = ("hierarchical_memory_limit", "hierarchical_memsw_limit")


def cpuacct(directory: str) -> dict[str, Any]:
    """Whose share of the time it was is counted in ticks."""
    each = (files.read(directory, "cpuacct.usage_percpu") or "").split()
    ticks = files.table(directory, "cpuacct.stat")
    return {
        "cpu_total": files.number(directory, "cpuacct.usage") or 0,
        "cpu_each": tuple(map(int, each)),
        "cpu_user": ticks.get("user", 0) * _TICK,
        "cpu_kernel": ticks.get("system", 0) * _TICK,
    }


def cpu(directory: str) -> dict[str, Any]:
    """How often it had to wait for its quota."""
    found = files.table(directory, "cpu.stat")
    return {
        "periods": found.get("nr_periods", 0),
        "throttled": found.get("nr_throttled", 0),
        "throttled_time": found.get("throttled_time", 0),
    }


def memory(directory: str) -> dict[str, Any]:
    """Each detail of the whole tree, by both of its names: processes live in a group below."""
    found = files.table(directory, "memory.stat")
    totals = {k.removeprefix(_TOTAL): v for k, v in found.items() if k.startswith(_TOTAL)}
    limits = {name: found[name] for name in _LIMITS if name in found}
    named = {f"{_TOTAL}{name}": value for name, value in totals.items()}
    return {
        "memory": files.number(directory, "memory.usage_in_bytes") or 0,
        "memory_peak": files.number(directory, "memory.max_usage_in_bytes") or 0,
        "memory_details": {**totals, **named, **limits},
    }


def blkio(directory: str) -> dict[str, Any]:
    """Transfers with block devices."""
    return {
        "io_bytes": _transfers(directory, "blkio.throttle.io_service_bytes_recursive"),
        "io_count": _transfers(directory, "blkio.throttle.io_serviced_recursive"),
    }


READERS = {"cpuacct": cpuacct, "cpu": cpu, "memory": memory, "blkio": blkio}


def _transfers(directory: str, name: str) -> tuple[Io, ...]:
    found = []
    for line in (files.read(directory, name) or "").splitlines():
        device, *rest = line.split()
        if len(rest) == 2:  # noqa: PLR2004 - the last line, a sum, has no device
            major, _, minor = device.partition(":")
            found.append(Io(int(major), int(minor), rest[0], int(rest[1])))
    return tuple(found)
