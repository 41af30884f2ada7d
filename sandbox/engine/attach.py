"""Connections that become streams: before the start they wait, after it the shim has them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sandbox.engine.errors import NotRunning, WrongState
from sandbox.engine.state import State
from sandbox.shim import wire

if TYPE_CHECKING:
    from sandbox.engine.container import Caller, Container
    from sandbox.engine.shim import Shim

MOST_WAITING = 16


def attach(container: Container, caller: Caller) -> None:
    """Give the connection to the container's first process; before the start, keep it until then.

    The descriptor is the engine's from here on.
    """
    if container.shim is not None:
        pass_on(container.shim, wire.INIT, caller)
    elif container.running or len(container.callers) >= MOST_WAITING:
        os.close(caller.descriptor)
    else:
        container.callers.append(caller)


def check_attachable(container: Container, asked_as: str) -> None:
    """Raises WrongState where dockerd refuses to attach."""
    check_not_resting(container)
    if container.paused:
        raise WrongState(f"container {asked_as} is paused, unpause the container before attach")
    if len(container.callers) >= MOST_WAITING:
        raise WrongState(f"{MOST_WAITING} clients wait for the start of container {container.id}")


def resize_terminal(container: Container, rows: int, columns: int) -> None:
    """Of its first process. Raises NotRunning."""
    if container.shim is None:
        raise NotRunning(container.id)
    container.shim.resize(wire.INIT, rows, columns)


def check_not_resting(container: Container) -> None:
    """Raises WrongState with dockerd's text for one whose restart is awaited."""
    if container.record.status.state is State.RESTARTING:
        raise WrongState(
            f"Container {container.id} is restarting, wait until the container is running"
        )


def pass_on(shim: Shim, session: str, caller: Caller) -> None:
    """Hand the descriptor to the shim and close ours."""
    try:
        shim.hand_over(session, caller)
    finally:
        os.close(caller.descriptor)


def dismiss(container: Container) -> None:
    """End the connections of those who waited for a start that did not come."""
    while container.callers:
        os.close(container.callers.pop().descriptor)
