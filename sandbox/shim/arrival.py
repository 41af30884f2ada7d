"""An exec on its way, from the fork of its usher to the word that its program runs.

All along that way the container's own root can hold it up: a frozen group, files behind a slow file
system, a newcomer that was stopped. So nobody waits for it; the loop listens.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.boot import entry
from sandbox.boot.report import Failed, live, understood
from sandbox.shim import children
from sandbox.shim.loop import IN, Loop

if TYPE_CHECKING:
    from sandbox.boot.program import Program

CHUNK = 65536
LONGEST = 1 << 20  # bytes of a report: its writers are ours until exec, and say far less.


class Arrival:
    """Ends with one call of arrived(pid or Failed), or with abandon()."""

    def __init__(
        self, loop: Loop, usher: int, report: int, arrived: Callable[[int | Failed], None]
    ) -> None:
        self._loop, self._usher, self._report, self._arrived = loop, usher, report, arrived
        self._said = b""
        os.set_blocking(report, False)
        loop.watch(report, IN, lambda _events: self._hear())

    def abandon(self) -> None:
        """The container has ended: what has not arrived never will."""
        self._loop.forget(self._report)
        os.close(self._report)

    def _hear(self) -> None:
        chunk = os.read(self._report, CHUNK)
        if chunk and len(self._said) < LONGEST:
            self._said += chunk
            return
        self.abandon()
        # Both have closed the report: they have ended or run, and nothing can hold that up.
        os.waitpid(self._usher, 0)
        facts, failure = understood(self._said)
        if failure is None and "pid" in facts:
            self._arrived(facts["pid"])
            return
        if "pid" in facts:
            children.reap(facts["pid"])
        self._arrived(failure or Failed("exec", 0, "the process ended without a word"))


def depart(program: Program, way: entry.Way) -> tuple[int, int]:
    """Fork an usher: its pid, and the report to listen to. OSError when there is no room for it."""
    reading, status = os.pipe2(os.O_CLOEXEC)
    try:
        if (usher := os.fork()) == 0:
            live(status, lambda: entry.enter(program, way, status))
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(status)
    return usher, reading
