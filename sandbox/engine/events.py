"""What happened, in order: Docker's events, kept for a while and told to whoever listens."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

KEPT = 1024
QUEUE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Happening:
    """One event."""

    kind: str  # container, image, daemon
    action: str
    actor: str  # full id
    attributes: Mapping[str, str]
    at: int  # nanoseconds since the epoch


class Listener:
    """One reader's queue. A reader who falls QUEUE_LIMIT events behind is ended, not waited for."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Happening | None] = asyncio.Queue(QUEUE_LIMIT)
        self._overrun = False

    def tell(self, happening: Happening) -> None:
        """Queue it; at the limit the reader gets the end of the stream instead."""
        if self._overrun:
            return
        if self._queue.full():
            self._overrun = True
            self._queue.get_nowait()
            self._queue.put_nowait(None)
            return
        self._queue.put_nowait(happening)

    async def next(self) -> Happening | None:
        """The next event, None when the stream is over."""
        return await self._queue.get()


class Journal:
    """The last KEPT events and those who listen now."""

    def __init__(self) -> None:
        self._kept: deque[Happening] = deque(maxlen=KEPT)
        self._listeners: set[Listener] = set()

    def write(self, kind: str, action: str, actor: str, attributes: Mapping[str, str]) -> None:
        """It happened now."""
        happening = Happening(kind, action, actor, dict(attributes), time.time_ns())
        self._kept.append(happening)
        for listener in self._listeners:
            listener.tell(happening)

    def since(self, moment: int) -> list[Happening]:
        """What is kept from moment (nanoseconds) on, oldest first."""
        return [happening for happening in self._kept if happening.at >= moment]

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener for as long as the block runs."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
