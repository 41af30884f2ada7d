"""One more process for a running container: the second front door, with the locks of the first.

    shim ─ usher (real root; joins the cgroup, then every namespace of the first process)
              └─ newcomer (in the pid namespace; then the program; its parent becomes the shim)

The newcomer can be seen from inside before it has executed anything, so it is not dumpable: its
/proc/PID/exe, root, fd and environ would otherwise be the host's (CVE-2019-5736).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NoReturn

from sandbox.boot.program import Program, run
from sandbox.boot.report import attempt, fail, tell
from sandbox.kernel.cgroups.group import Group
from sandbox.kernel.namespaces import CLONE, setns
from sandbox.kernel.process import PR, close_range, prctl

EVERY = (
    CLONE.NEWUSER
    | CLONE.NEWNS
    | CLONE.NEWPID
    | CLONE.NEWNET
    | CLONE.NEWUTS
    | CLONE.NEWIPC
    | CLONE.NEWCGROUP
)


@dataclass(frozen=True, slots=True)
class Way:
    """Into which container, and with what."""

    pidfd: int  # Its first process; ESRCH when it has ended.
    group: Group
    streams: tuple[int, int, int]  # The program's 0, 1 and 2.
    law: bytes  # The compiled system call filter.


def enter(program: Program, way: Way, status: int) -> NoReturn:
    """The usher: forked by the shim. Reports pid=... of the newcomer, then ends."""
    prctl(PR.SET_DUMPABLE, 0)
    # Held up, it must not keep other people's streams from ending.
    keep_only({0, 1, 2, way.pidfd, *way.streams, status})
    attempt(status, f"join cgroup {way.group.name}", way.group.join)
    attempt(status, "join namespaces", lambda: setns(way.pidfd, EVERY))
    attempt(status, "become root", _become_root)
    prctl(PR.SET_DUMPABLE, 0)
    try:
        newcomer = os.fork()
    except OSError as error:
        # EAGAIN: the learner has used up the lab's processes. Somebody waits to be told that.
        fail(status, "fork", error)
    if newcomer == 0:
        os.chdir("/")
        run(program, streams=way.streams, law=way.law, status=status)
        os._exit(1)
    tell(status, pid=newcomer)
    os._exit(0)


def keep_only(kept: set[int]) -> None:
    """Close every other descriptor."""
    first = 0
    for descriptor in sorted(kept):
        if descriptor > first:
            close_range(first, descriptor - 1)
        first = descriptor + 1
    close_range(first)


def _become_root() -> None:
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.setgroups([])
