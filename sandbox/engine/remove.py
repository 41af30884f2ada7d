"""Removing a container: one rename takes it out of what there is, and then it is deleted.

An engine that is killed before the rename still has the container, ended; after it, files that wait
to be deleted and control groups that no container claims.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, mounting, trees
from sandbox.engine.attach import dismiss
from sandbox.engine.errors import NoSuchContainer, RemovalIncomplete, WrongState
from sandbox.engine.state import Event

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record

log = logging.getLogger(__name__)


async def remove(host: Host, container: Container, *, volumes: bool = False) -> None:
    """Undo a container that does not run, with volumes also those that nobody named.

    Raises WrongState, RemovalIncomplete, NoSuchContainer.
    """
    async with container.lock:
        if container.id not in host.containers:
            raise NoSuchContainer(container.id)
        if container.active:
            raise WrongState(_why_it_stays(container))
        going = container.record.moved(Event.REMOVE)
        host.note(container, going)
        dismiss(container)
        leftovers = await _let_go(host, container)
        if leftovers:
            reason = f"container {container.id}: these would not go: {'; '.join(leftovers)}"
            host.save(container, going.moved(Event.STUCK, error=reason))
            raise RemovalIncomplete(reason)
        del host.containers[container.id]
        if volumes or container.record.host.auto_remove:
            await mounting.remove_anonymous(host, container.record.mounts)
        host.tell(container, "destroy")
        container.tell_removed()


def _why_it_stays(container: Container) -> str:
    state = container.record.status.state
    advice = (
        " and must be unpaused first"
        if container.paused
        else ": stop the container before removing or force remove"
    )
    return f'cannot remove container "/{container.record.name}": container is {state}{advice}'


async def remove_after_end(host: Host, container: Container) -> None:
    """For --rm: nobody asked just now, so a loss of the race is fine and a failure is recorded."""
    try:
        await remove(host, container)
    except (NoSuchContainer, WrongState):
        return


async def _let_go(host: Host, container: Container) -> list[str]:
    """End what it still runs and take its record out, in one step; what would not go."""
    record = container.record
    if not cgroups.deserted(host.paths.key, record):
        leftovers = await asyncio.to_thread(cgroups.end, host.paths.key, record)
        if leftovers:
            return leftovers
    host.paths.shim(record.id).unlink(missing_ok=True)
    waiting = host.store.discard(record.id)
    work = _delete(host, record, waiting)
    host.in_background(work, f"delete {record.id[:12]}", to_its_end=True)
    return []


async def _delete(host: Host, record: Record, waiting: Path) -> None:
    """What nobody knows of any more; what an engine's death leaves of it, the next one deletes."""
    for left in await asyncio.to_thread(cgroups.end, host.paths.key, record):
        log.warning("container %s: %s would not go", record.id, left)
    await asyncio.to_thread(delete_tree, waiting)
    host.ranges.release(record.id_range, host.store.directory_of(record.id))


def delete_tree(directory: Path) -> None:
    """Blocks. What would not go stays, is logged, and is tried again by the next engine."""
    for left in trees.remove(directory):
        log.warning("%s: %s", directory, left)
