"""An epoll loop small enough for a process that mostly sleeps."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

IN, OUT, HUP, ERR = select.EPOLLIN, select.EPOLLOUT, select.EPOLLHUP, select.EPOLLERR
Ready = Callable[[int], None]


class Loop:
    """Calls back with the events of a descriptor. One alarm at the most."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._ready: dict[int, Ready] = {}
        self._wanted: dict[int, int] = {}
        self._alarm: tuple[float, Callable[[], None]] | None = None
        self._forgotten: set[int] = set()  # In this turn.
        self._stopped = False

    def watch(self, descriptor: int, events: int, ready: Ready) -> None:
        """Call ready(events) for these events until forget."""
        self._ready[descriptor] = ready
        self._wanted[descriptor] = events
        if events:
            self._epoll.register(descriptor, events)

    def want(self, descriptor: int, events: int) -> None:
        """Change the events; 0 still hears of hang-ups, so a paused reader is taken out instead."""
        if self._wanted.get(descriptor) == events:
            return
        before = self._wanted[descriptor]
        self._wanted[descriptor] = events
        if not events:
            self._epoll.unregister(descriptor)
        elif not before:
            self._epoll.register(descriptor, events)
        else:
            self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Stop watching. Precondition: not closed yet."""
        self._ready.pop(descriptor, None)
        self._forgotten.add(descriptor)
        if self._wanted.pop(descriptor, 0):
            self._epoll.unregister(descriptor)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> None:
        """Call ring once after so many seconds; replaces an earlier alarm."""
        self._alarm = (time.monotonic() + seconds, ring)

    def stop(self) -> None:
        """Leave run() after this turn."""
        self._stopped = True

    def run(self) -> None:
        """Until stop."""
        while not self._stopped:
            self.turn()

    def turn(self) -> None:
        """Wait for something to happen, and call back for all that has."""
        self._forgotten.clear()
        for descriptor, events in self._epoll.poll(self._patience()):
            # Forgotten by an earlier callback of this turn; its number may be another's by now.
            if descriptor not in self._forgotten and (ready := self._ready.get(descriptor)):
                ready(events)
        self._ring()

    def _patience(self) -> float:
        return -1 if self._alarm is None else max(self._alarm[0] - time.monotonic(), 0)

    def _ring(self) -> None:
        if self._alarm and time.monotonic() >= self._alarm[0]:
            _, ring = self._alarm
            self._alarm = None
            ring()
