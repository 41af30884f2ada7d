"""`docker stats`: what a running container uses, read at one moment."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import cgroups
from sandbox.observe.procfs import pinned, read

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.kernel.cgroups.state import State
    from sandbox.kernel.cgroups.usage import Usage

_STAT = Path("/proc/stat")
_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_KINDS_OF_TIME = 8  # user, nice, system, idle, iowait, irq, softirq: and the line's own name.
_MOST_DEVICES = 1 << 16  # bytes of /proc/PID/net/dev
_LOOPBACK = "lo"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of one device, as the container sees it."""

    received: tuple[int, int, int, int]  # bytes, packets, errors, dropped
    sent: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one container at one moment."""

    at: int  # nanoseconds since the epoch
    host_cpu: int  # nanoseconds of all CPUs since the host was switched on
    usage: Usage
    state: State
    devices: dict[str, Traffic]


async def measured(host: Host, container: Container) -> Reading | None:
    """None when it does not run."""
    shim = container.shim
    if shim is None:
        return None
    found = await asyncio.to_thread(_measured, host, container)
    return found if container.shim is shim else None  # It ended meanwhile.


def _measured(host: Host, container: Container) -> Reading:
    group = cgroups.group_of(host.paths.key, container.record)
    return Reading(time.time_ns(), _host_cpu(), group.usage(), group.state(), _devices(container))


def _host_cpu() -> int:
    with _STAT.open() as file:
        return sum(map(int, file.readline().split()[1:_KINDS_OF_TIME])) * _TICK


def _devices(container: Container) -> dict[str, Traffic]:
    if container.record.host.network_mode == "host":
        return {}  # As in Docker: the host's traffic is not the container's.
    try:
        with pinned(container.record.status.pid) as directory:
            return parsed(read(directory, "net/dev", _MOST_DEVICES).decode(errors="replace"))
    except (FileNotFoundError, ProcessLookupError):
        return {}  # It has ended.


def parsed(text: str) -> dict[str, Traffic]:
    """/proc/PID/net/dev without loopback; a line that a limit cut off is left out."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, rest = line.strip().rpartition(":")
        numbers = [int(word) for word in rest.split()]
        if name == _LOOPBACK or len(numbers) != 16:  # noqa: PLR2004 - proc_net(5)
            continue
        found[name] = Traffic(_first_four(numbers[:8]), _first_four(numbers[8:]))
    return found


def _first_four(numbers: list[int]) -> tuple[int, int, int, int]:
    return numbers[0], numbers[1], numbers[2], numbers[3]
