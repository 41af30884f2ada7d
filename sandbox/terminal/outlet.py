"""The way to the browser: messages are handed to the ASGI server without a task switch.

Daphne's send never suspends, so one step of its coroutine is the whole call. A server whose send
does suspend is waited for in a task, and `full` and `free` tell the source to stop and to go on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

    Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class Outlet:
    """One WebSocket's sending side."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: list[dict[str, Any]] = []
        self._waiting: asyncio.Task[None] | None = None
        self._give: Callable[[bytes], None] | None = None
        self.full: Callable[[], None] = _nothing
        self.free: Callable[[], None] = _nothing

    def shorten(self, give: Callable[[bytes], None]) -> None:
        """Send messages by this function of the server from now on."""
        self._give = give

    def put(self, message: bytes) -> None:
        """Send one binary message."""
        if self._give is not None and self._waiting is None:
            self._give(message)
            return
        self._hand_over({"type": "websocket.send", "bytes": message})

    def close(self, code: int) -> None:
        """Close the socket; what was put before arrives before."""
        # autobahn takes an int and none of its kin.
        self._hand_over({"type": "websocket.close", "code": int(code)})

    def _hand_over(self, event: dict[str, Any]) -> None:
        if self._waiting is not None:
            # Bounded by the source: it was told `full` and stops after the turn it is in.
            self._queue.append(event)
            return
        sending = self._send(event)
        try:
            pending = sending.send(None)
        except StopIteration:
            return
        self.full()
        self._waiting = asyncio.ensure_future(self._finish(_Rest(sending, pending)))

    async def _finish(self, rest: Awaitable[None]) -> None:
        await rest
        while self._queue:
            await self._send(self._queue.pop(0))
        self._waiting = None
        self.free()


class _Rest:
    """What is left of a coroutine that has been stepped once and has yielded `pending`."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], pending: object) -> None:
        self._coroutine = coroutine
        self._pending = pending

    def __await__(self) -> Generator[Any, Any, None]:
        yield self._pending
        yield from self._coroutine.__await__()


def _nothing() -> None:
    return
