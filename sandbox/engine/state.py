"""The states of a container, in Docker's words, and the moves between them."""

from __future__ import annotations

from enum import StrEnum

from sandbox.engine.errors import WrongState


class State(StrEnum):
    """What `docker ps` shows."""

    CREATED = "created"  # Recorded; nothing of it runs. A failed first start stays here.
    RUNNING = "running"  # Its first process is alive, or its shim has not told otherwise.
    PAUSED = "paused"  # As running, but its processes are frozen.
    RESTARTING = "restarting"  # Has ended, and starts again after a pause.
    EXITED = "exited"  # Its first process has ended; the code is on disk.
    REMOVING = "removing"  # Being undone; a restarted engine goes on with it.
    DEAD = "dead"  # Removal left something behind; may be removed again.


class Event(StrEnum):
    """What happens to a container."""

    START = "start"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    EXIT = "exit"
    REST = "await the restart of"
    REMOVE = "remove"
    STUCK = "get stuck in the removal of"


LIVING = frozenset({State.RUNNING, State.PAUSED})  # Its first process is there.
MOVES = {
    (State.CREATED, Event.START): State.RUNNING,
    (State.CREATED, Event.REMOVE): State.REMOVING,
    (State.RUNNING, Event.EXIT): State.EXITED,
    (State.RUNNING, Event.REST): State.RESTARTING,
    (State.RUNNING, Event.PAUSE): State.PAUSED,
    (State.PAUSED, Event.UNPAUSE): State.RUNNING,
    (State.PAUSED, Event.EXIT): State.EXITED,
    (State.PAUSED, Event.REST): State.RESTARTING,
    (State.RESTARTING, Event.START): State.RUNNING,
    (State.RESTARTING, Event.EXIT): State.EXITED,
    (State.EXITED, Event.START): State.RUNNING,
    (State.EXITED, Event.REMOVE): State.REMOVING,
    (State.REMOVING, Event.STUCK): State.DEAD,
    (State.REMOVING, Event.REMOVE): State.REMOVING,
    (State.DEAD, Event.REMOVE): State.REMOVING,
}


def after(state: State, event: Event) -> State:
    """The state that follows. Raises WrongState where the table has no row."""
    try:
        return MOVES[state, event]
    except KeyError:
        raise WrongState(f"cannot {event} a container that is {state}") from None
