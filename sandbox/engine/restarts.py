"""When a container starts again by itself: Docker's restart policies and their growing pauses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.engine.record import Record

FIRST_PAUSE = 0.1  # seconds
LONGEST_PAUSE = 60.0
_STEADY = 10.0  # Who ran for so long is tried again after the first pause.


class RestartPolicy(StrEnum):
    """Docker's."""

    NO = "no"
    ALWAYS = "always"
    UNLESS_STOPPED = "unless-stopped"
    ON_FAILURE = "on-failure"


def wanted(record: Record, code: int) -> bool:
    """Whether the policy asks for another start after an end with this code."""
    status, limit = record.status, record.host.restart_limit
    match record.host.restart_policy:
        case RestartPolicy.ALWAYS:
            return True
        case RestartPolicy.UNLESS_STOPPED:
            return not status.stopped_by_hand
        case RestartPolicy.ON_FAILURE:
            return code != 0 and (not limit or status.restart_count < limit)
        case _:
            return False


@dataclass(slots=True)
class Restarts:
    """What one engine remembers of them; a start by hand begins anew."""

    pause: float = 0.0  # seconds before the next one
    over: asyncio.Event = field(default_factory=asyncio.Event)  # Somebody wants it to stay ended.

    def due(self, record: Record, code: int, seconds: float) -> bool:
        """Whether it starts again, having run for so long; decides the pause before."""
        if self.over.is_set() or not wanted(record, code):
            return False
        longer = 0.0 if seconds >= _STEADY else 2 * self.pause
        self.pause = min(longer, LONGEST_PAUSE) or FIRST_PAUSE
        return True

    async def rest(self) -> None:
        """Return after the pause, or when it is over."""
        try:
            async with asyncio.timeout(self.pause or FIRST_PAUSE):
                await self.over.wait()
        except TimeoutError:
            return
