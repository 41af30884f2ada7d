"""A lease's life: its states, what can happen to it, and where that leads."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a lease is; `starting` and `running` are open, the others final."""

    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"


class Event(StrEnum):
    """What happens to a lease."""

    STARTED = "started"
    START_FAILED = "start_failed"
    END = "end"


class WrongState(Exception):
    """The event does not fit the state."""


OPEN = (State.STARTING, State.RUNNING)

MOVES: dict[tuple[State, Event], State] = {
    (State.STARTING, Event.STARTED): State.RUNNING,
    (State.STARTING, Event.START_FAILED): State.FAILED,
    (State.STARTING, Event.END): State.ENDED,
    (State.RUNNING, Event.END): State.ENDED,
}


def after(state: State, event: Event) -> State:
    """The state that follows. Raises WrongState where the table has no row."""
    try:
        return MOVES[state, event]
    except KeyError:
        raise WrongState(f"a lease that is {state} cannot take {event}") from None


def before(event: Event) -> list[State]:
    """The states in which the event may happen."""
    return [state for state, happening in MOVES if happening is event]
