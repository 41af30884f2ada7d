"""Which processes live in which namespace, and the way into it through one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from sandbox.observe.procfs import pinned
from sandbox.observe.snapshot import Process

MAX_NAMESPACES = 64  # of one kind; a lab's limiter allows about twenty
_TRIES = 4  # processes asked for one namespace: any of them may be ending

Residents = dict[int, list[Process]]


def residents(processes: Iterable[Process], kind: str) -> Residents:
    """Namespace inode → its processes, those with an unchanged root first.

    Never the observer's own namespace: what is in there is the host's, not the container's.
    """
    found: Residents = {}
    for process in processes:
        inode = process.namespaces.get(kind)
        if inode is not None:
            found.setdefault(inode, []).append(process)
    found.pop(Path(f"/proc/self/ns/{kind}").stat().st_ino, None)
    for lodgers in found.values():
        # A chrooted process sees only the mounts below its jail.
        lodgers.sort(key=lambda process: process.root != "/")
        del lodgers[_TRIES:]
    return found


def first(found: Residents) -> Residents:
    """At most MAX_NAMESPACES of them."""
    return dict(list(found.items())[:MAX_NAMESPACES])


def doors(found: Residents, kind: str, undo: ExitStack) -> dict[int, int]:
    """Namespace inode → open descriptor of it; without those whose last process has just ended."""
    opened: dict[int, int] = {}
    for inode, lodgers in found.items():
        for process in lodgers:
            descriptor = _door(process.pid, kind, inode)
            if descriptor is not None:
                undo.callback(os.close, descriptor)
                opened[inode] = descriptor
                break
    return opened


def _door(pid: int, kind: str, inode: int) -> int | None:
    try:
        with pinned(pid) as directory:
            descriptor = os.open(f"ns/{kind}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return None
    if os.fstat(descriptor).st_ino == inode:
        return descriptor
    os.close(descriptor)  # It has moved to another namespace, or its pid has a new owner.
    return None
