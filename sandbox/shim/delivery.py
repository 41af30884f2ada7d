"""The shim's side of a birth: a berth kept ready, and the container that is born in it."""

from __future__ import annotations

import os
import select
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.boot import birth
from sandbox.boot.berth import Berth, build
from sandbox.boot.plan import NOTHING_SHARED
from sandbox.boot.report import Failed, StepFailed, outcome, perform
from sandbox.shim import children, groups
from sandbox.shim.children import Three

if TYPE_CHECKING:
    from sandbox.boot.plan import Ahead, Plan, Shared
    from sandbox.kernel.cgroups.group import Group
    from sandbox.kernel.cgroups.hierarchies import Hierarchies

    Size = tuple[int, int]  # rows, columns


@dataclass(frozen=True, slots=True)
class Born:
    """A first process that runs its program; the descriptors are the caller's."""

    pid: int
    devpts: int  # Its directory of terminals.
    master: int  # Of its own terminal, -1 without.
    pipes: Three  # Our ends of 0, 1, 2; -1 with a terminal.


class Midwife:
    """Keeps a berth with control groups of a name, and delivers one container in it."""

    def __init__(self, ahead: Ahead, hierarchies: Hierarchies) -> None:
        self._ahead, self._hierarchies = ahead, hierarchies
        self._berth: Berth | None = None
        self._name = ""  # Of the groups that were made.

    def prepare(self, group: str, shared: Shared = NOTHING_SHARED) -> None:
        """Have a berth in groups of this name, sharing this. Raises StepFailed."""
        if self._berth is not None and self._name == group and shared == NOTHING_SHARED:
            return
        self.clear()
        self._name = group
        box = perform(f"cgroup {group}", lambda: groups.make(self._hierarchies, group))
        self._berth = perform("berth", lambda: build(self._ahead, box, shared))

    def group(self, name: str) -> Group:
        """Control groups by name."""
        return self._hierarchies.group(name)

    def wait(self, control: socket.socket) -> bool:
        """Whether there is something to read on control; False when the berth has been hurt."""
        watched = select.poll()
        peers = (self._berth.to_limiter, self._berth.to_first) if self._berth else ()
        for one in (control, *peers):
            watched.register(one, select.POLLIN)
        return control.fileno() in [descriptor for descriptor, _ in watched.poll()]

    def clear(self) -> None:
        """Take the berth away, and its groups."""
        if self._berth is not None:
            self._berth.leave()
            self._berth.bury()
            self._berth = None
        if self._name:
            self.group(self._name).remove()
            self._name = ""

    def deliver(self, plan: Plan, law: int, size: Size) -> Born | Failed:
        """Make the container and run its program; Failed leaves no process behind. Blocks.

        law: a descriptor of the compiled filter, the caller's to close.
        """
        try:
            self.prepare(plan.fence.outer, plan.shared)
        except StepFailed as error:
            return error.failed
        berth, self._berth = self._berth, None
        assert berth is not None
        inside, outside = children.streams(tty=plan.program.tty, stdin=plan.program.stdin)
        opened = (-1, -1, -1)
        failed = None
        try:
            perform(f"cgroup {self._name}", lambda: groups.limit(self._hierarchies, plan.fence))
            birth.admit(berth, plan, law, inside)
            birth.furnish(berth, plan)
            opened = birth.terminals(plan, size)
            birth.release(berth, opened[2])
        except StepFailed as error:
            failed = error.failed
        for descriptor in {*inside, opened[2]} - {-1}:
            os.close(descriptor)
        # While the first process goes on to its program.
        berth.leave()
        return self._outcome(berth, opened, outside, failed)

    def _outcome(
        self, berth: Berth, opened: Three, outside: Three, failed: Failed | None
    ) -> Born | Failed:
        devpts, master, _ = opened
        if failed is None:
            _, failed = outcome(berth.report)
        if failed is None:
            os.close(berth.report)
            return Born(berth.first, devpts, master, outside)
        for descriptor in {devpts, master, *outside} - {-1}:
            os.close(descriptor)
        return berth.bury() or failed
