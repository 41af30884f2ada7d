"""What a group of version 2 has used; Documentation/admin-guide/cgroup-v2."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.cgroups import files
from sandbox.kernel.cgroups.usage import Io

_MICRO = 1000  # nanoseconds


def cpu(directory: str) -> dict[str, Any]:
    """Time, and how often it had to wait for its quota."""
    found = files.table(directory, "cpu.stat")
    return {
        "cpu_total": found.get("usage_usec", 0) * _MICRO,
        "cpu_user": found.get("user_usec", 0) * _MICRO,
        "cpu_kernel": found.get("system_usec", 0) * _MICRO,
        "periods": found.get("nr_periods", 0),
        "throttled": found.get("nr_throttled", 0),
        "throttled_time": found.get("throttled_usec", 0) * _MICRO,
    }


def memory(directory: str) -> dict[str, Any]:
    """memory.peak is there since Linux 5.19."""
    return {
        "memory": files.number(directory, "memory.current") or 0,
        "memory_peak": files.number(directory, "memory.peak") or 0,
        "memory_details": files.table(directory, "memory.stat"),
    }


def io(directory: str) -> dict[str, Any]:
    """Transfers with block devices."""
    by_device = []
    for line in (files.read(directory, "io.stat") or "").splitlines():
        device, *pairs = line.split()
        major, _, minor = device.partition(":")
        values = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        by_device.append((int(major), int(minor), values))
    return {
        "io_bytes": _told(by_device, (("read", "rbytes"), ("write", "wbytes"))),
        "io_count": _told(by_device, (("read", "rios"), ("write", "wios"))),
    }


READERS = {"cpu": cpu, "memory": memory, "io": io}


def _told(
    by_device: list[tuple[int, int, dict[str, str]]], names: tuple[tuple[str, str], ...]
) -> tuple[Io, ...]:
    return tuple(
        Io(major, minor, deed, int(values[name]))
        for major, minor, values in by_device
        for deed, name in names
        if name in values
    )
