"""The shim's side of a birth: it forks the builder, moves the child into its group, and listens."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.boot import birth
from sandbox.boot.report import Failed, outcome
from sandbox.shim import children, groups
from sandbox.shim.children import Three

if TYPE_CHECKING:
    from sandbox.boot.plan import Plan
    from sandbox.kernel.cgroups.hierarchies import Hierarchies


@dataclass(frozen=True, slots=True)
class Born:
    """A first process that runs its program; the descriptors are the caller's."""

    pid: int
    devpts: int  # Its directory of terminals.
    master: int  # Of its own terminal, -1 without.
    pipes: Three  # Our ends of 0, 1, 2; -1 with a terminal.


def deliver(
    plan: Plan, law: bytes, *, size: tuple[int, int], hierarchies: Hierarchies
) -> Born | Failed:
    """Make the container and run its program; Failed leaves no process behind. Blocks."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reading, status = os.pipe2(os.O_CLOEXEC)
    inside, outside = children.streams(tty=plan.program.tty, stdin=plan.program.stdin)
    if (builder := os.fork()) == 0:
        ours.close()
        birth.build(plan, birth.Wiring(status, inside, theirs, law, size))
    theirs.close()
    for descriptor in {status, *inside} - {-1}:
        os.close(descriptor)
    with ours:
        trouble = _fence_in(plan, hierarchies, ours)
        facts, failure = outcome(reading)
        os.close(reading)
        os.waitpid(builder, 0)
        failure = trouble or failure
        if failure is None and "pid" not in facts:
            failure = Failed("birth", 0, "a process of the birth ended without a word")
        if failure is not None:
            for descriptor in set(outside) - {-1}:
                os.close(descriptor)
            return failure
        _, given, _, _ = socket.recv_fds(ours, 64, 2)
    return Born(facts["pid"], given[0], given[1] if plan.program.tty else -1, outside)


def _fence_in(plan: Plan, hierarchies: Hierarchies, console: socket.socket) -> Failed | None:
    """Make the groups and move the first process in, while the builder is busy with the mounts.

    Its first move may wait milliseconds for the kernel (an RCU grace period).
    """
    try:
        group = groups.make(hierarchies, plan.fence)
        pid = console.recv(16)
        if not pid:
            return None  # The builder has reported why.
        group.join(int(pid))
    except OSError as error:
        console.shutdown(socket.SHUT_WR)
        return Failed(f"cgroup {plan.fence.outer}", error.errno or 0, str(error))
    console.send(birth.GO)
    return None
