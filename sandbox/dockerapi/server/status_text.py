"""The STATUS column of `docker ps`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.clock import nanoseconds
from sandbox.engine.findings import Health
from sandbox.engine.state import LIVING, State

if TYPE_CHECKING:
    from sandbox.engine.record import Status

SECOND = 1_000_000_000
_UNITS = (
    ("second", 1, 60),
    ("minute", 60, 60),
    ("hour", 3600, 48),
    ("day", 86400, 14),
    ("week", 604_800, 9),
    ("month", 2_592_000, 24),
    ("year", 31_536_000, 1 << 30),
)
_FIXED = {
    State.CREATED: "Created",
    State.REMOVING: "Removal In Progress",
    State.DEAD: "Dead",
}


def shown(status: Status, *, now: int) -> str:
    """now: nanoseconds since the epoch."""
    if fixed := _FIXED.get(status.state):
        return fixed
    if status.state in LIVING:
        health = "health: starting" if status.health == Health.STARTING else status.health
        up = f"Up {_human(now - nanoseconds(status.started_at))}"
        mark = "Paused" if status.state is State.PAUSED else health
        return f"{up} ({mark})" if mark else up
    ago = _human(now - nanoseconds(status.finished_at))
    word = "Restarting" if status.state is State.RESTARTING else "Exited"
    return f"{word} ({status.exit_code}) {ago} ago"


def _human(duration: int) -> str:
    """go-units' HumanDuration."""
    seconds = max(duration // SECOND, 0)
    if seconds < 1:
        return "Less than a second"
    for name, length, most in _UNITS:
        count = seconds // length
        if count < most:
            if count == 1 and name in ("minute", "hour"):
                return f"About {'an' if name == 'hour' else 'a'} {name}"
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "a long time"
