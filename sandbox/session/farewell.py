"""Telling open sockets to come back, before the web process goes.

Daphne cancels its applications on SIGTERM without calling disconnect(), so consumers register here;
they are asked to close (4503), and the process ends when the last has left, or after a moment.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from types import FrameType

COME_BACK = 4503
PATIENCE_SECONDS = 2.0

Leave = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Sockets:
    """The sockets that are open now, each with what makes it leave."""

    open: dict[Hashable, Leave] = field(default_factory=dict)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    leaving: bool = False

    def arrive(self, socket: Hashable, leave: Leave) -> None:
        """`leave` closes the socket with COME_BACK; call this when it is accepted."""
        self.open[socket] = leave

    def depart(self, socket: Hashable) -> None:
        """Call this from disconnect(); a socket that never arrived is fine."""
        self.open.pop(socket, None)
        if not self.open:
            self.empty.set()

    async def dismiss(self) -> None:
        """Ask every socket to leave, and wait until all have, at most PATIENCE_SECONDS."""
        self.leaving = True
        self.empty.clear()
        if not self.open:
            return
        asked = [asyncio.ensure_future(leave()) for leave in list(self.open.values())]
        await asyncio.gather(*asked, return_exceptions=True)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.empty.wait()
        except TimeoutError:
            return


SOCKETS = Sockets()
_listening = False


def listen() -> None:
    """Put the farewell before the server's own SIGTERM and SIGINT; needs the running loop's thread.

    Safe to repeat: only the first call does something.
    """
    global _listening  # noqa: PLW0603 - a process has one set of signal handlers
    if _listening:
        return
    _listening = True
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _before(signal.getsignal(signum), loop))


def _before(
    previous: Callable[[int, FrameType | None], object] | int | None,
    loop: asyncio.AbstractEventLoop,
) -> Callable[[int, FrameType | None], None]:
    tasks: set[asyncio.Task[None]] = set()

    async def leave(signum: int) -> None:
        await SOCKETS.dismiss()
        if callable(previous):
            previous(signum, None)

    def begin(signum: int) -> None:
        task = loop.create_task(leave(signum))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def on_signal(signum: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin, signum)

    return on_signal
