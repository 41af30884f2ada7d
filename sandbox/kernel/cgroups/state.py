"""What one control group says of itself, in words that fit every version."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class State:
    """None means: no limit is set, or no hierarchy of this host (or of this group) can tell.

    Oom kills and pids hits count the group and everything below it, as version 2 does.
    """

    memory_limit: int | None = None  # bytes
    memory_usage: int | None = None  # bytes
    memory_oom_kills: int | None = None
    cpu_quota: float | None = None  # Share of one CPU: 0.2 is 20 %.
    cpu_throttled: int | None = None  # periods
    cpu_usage: int | None = None  # nanoseconds
    pids_max: int | None = None
    pids_current: int | None = None
    pids_hits: int | None = None
    frozen: bool | None = None


def merged(states: list[State]) -> State:
    """One State from those of several hierarchies; a group frozen by either freezer is frozen."""
    values = {}
    for field in fields(State):
        told = [value for state in states if (value := getattr(state, field.name)) is not None]
        values[field.name] = (
            any(told) if field.name == "frozen" and told else next(iter(told), None)
        )
    return State(**values)
