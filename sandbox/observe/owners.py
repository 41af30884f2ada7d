"""Which processes hold a listening socket open; proc_pid_fd(5)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sandbox.observe.procfs import link, pinned
from sandbox.observe.snapshot import Process, Socket

MAX_OWNERS = 16  # of one socket
MAX_DESCRIPTORS = 5000  # looked at for one snapshot
MAX_SECONDS = 0.1
_SOCKET = re.compile(r"socket:\[(\d+)\]")

Tables = dict[int, tuple[Socket, ...]]


@dataclass(frozen=True, slots=True)
class Owned:
    """The sockets with their owners, and whether every descriptor was looked at."""

    sockets: Tables
    truncated: bool


def with_owners(tables: Tables, processes: Iterable[Process]) -> Owned:
    """The same sockets; of those that wait for somebody, who holds them."""
    wanted = {one.inode for table in tables.values() for one in table if _waits(one)}
    if not wanted:
        return Owned(tables, truncated=False)
    found: dict[int, list[int]] = {inode: [] for inode in wanted}
    until, left = time.monotonic() + MAX_SECONDS, MAX_DESCRIPTORS
    truncated = False
    for process in processes:
        for inode in _sockets_of(process.pid, left):
            left -= 1
            owners = found.get(inode, [])
            if process.pid not in owners and len(owners) < MAX_OWNERS:
                owners.append(process.pid)
        if left <= 0 or time.monotonic() > until:
            truncated = True
            break
    return Owned({inode: _owned(table, found) for inode, table in tables.items()}, truncated)


def _waits(one: Socket) -> bool:
    """Whether it listens: a UDP socket that does is not connected."""
    return one.state == "LISTEN" or (one.family.startswith("udp") and one.state == "CLOSE")


def _owned(table: tuple[Socket, ...], found: Mapping[int, list[int]]) -> tuple[Socket, ...]:
    return tuple(replace(one, owners=tuple(found.get(one.inode, ()))) for one in table)


def _sockets_of(pid: int, most: int) -> Iterator[int]:
    """The socket inode behind each descriptor of a process, 0 for what is no socket."""
    try:
        with pinned(pid) as directory:
            descriptor = os.open(
                "fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory
            )
            try:
                with os.scandir(descriptor) as entries:
                    for _, entry in zip(range(most), entries, strict=False):
                        match = _SOCKET.fullmatch(link(descriptor, entry.name))
                        yield int(match[1]) if match else 0
            finally:
                os.close(descriptor)
    except (FileNotFoundError, ProcessLookupError):
        return
