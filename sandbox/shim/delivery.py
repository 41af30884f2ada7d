"""The shim's side of a birth: it forks the builder, moves the child into its group, and listens."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from sandbox.boot import birth
from sandbox.boot.plan import Plan, decode, encode
from sandbox.boot.report import Failed, outcome
from sandbox.shim import children, groups, wire
from sandbox.shim.children import Three

if TYPE_CHECKING:
    from sandbox.kernel.cgroups.hierarchies import Hierarchies

    Size = tuple[int, int]  # rows, columns

MOST_LAW = 1 << 20  # bytes of a compiled filter


@dataclass(frozen=True, slots=True)
class Born:
    """A first process that runs its program; the descriptors are the caller's."""

    pid: int
    devpts: int  # Its directory of terminals.
    master: int  # Of its own terminal, -1 without.
    pipes: Three  # Our ends of 0, 1, 2; -1 with a terminal.


class Midwife:
    """A builder forked before it is needed: it waits for a plan in its own mount namespace."""

    def __init__(self) -> None:
        self._console, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._report, status = os.pipe2(os.O_CLOEXEC)
        self._builder = os.fork()
        if self._builder == 0:
            self._console.close()
            os.close(self._report)
            _stand_by(theirs, status)
        theirs.close()
        os.close(status)

    def deliver(
        self, plan: Plan, law: bytes, size: Size, hierarchies: Hierarchies
    ) -> Born | Failed:
        """Make the container and run its program; Failed leaves no process behind. Blocks."""
        inside, outside = children.streams(tty=plan.program.tty, stdin=plan.program.stdin)
        with self._console as console:
            self._hand_over(plan, law, size, inside)
            trouble = _fence_in(plan, hierarchies, console)
            facts, failure = outcome(self._report)
            os.close(self._report)
            os.waitpid(self._builder, 0)
            failure = trouble or failure
            if failure is None and "pid" not in facts:
                failure = Failed("birth", 0, "a process of the birth ended without a word")
            if failure is not None:
                for descriptor in set(outside) - {-1}:
                    os.close(descriptor)
                return failure
            _, given, _, _ = socket.recv_fds(console, 64, 2)
        return Born(facts["pid"], given[0], given[1] if plan.program.tty else -1, outside)

    def _hand_over(self, plan: Plan, law: bytes, size: Size, inside: Three) -> None:
        file = children.memory_file(law)
        streams = () if plan.program.tty else inside
        try:
            message = {"plan": encode(plan), "size": size}
            wire.send(self._console, message, (file, *streams))
        finally:
            for descriptor in {file, *streams}:
                os.close(descriptor)


def _stand_by(console: socket.socket, status: int) -> NoReturn:
    procfs = birth.stand_apart(status)
    try:
        message, (law, *streams) = wire.receive(console)
    except wire.PeerGone:
        os._exit(0)  # The spare shim was never needed.
    children.hurry()
    stdin, stdout, stderr = streams or (-1, -1, -1)
    compiled = os.pread(law, MOST_LAW, 0)
    rows, columns = message["size"]
    wiring = birth.Wiring(
        status, (stdin, stdout, stderr), console, compiled, procfs, (rows, columns)
    )
    birth.build(decode(message["plan"]), wiring)


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
