"""Removing a container: what it held goes in an order that a killed engine can resume."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, mounting
from sandbox.engine.attach import dismiss
from sandbox.engine.errors import NoSuchContainer, RemovalIncomplete, WrongState
from sandbox.engine.state import Event
from sandbox.engine.store import remove_record

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host


async def remove(host: Host, container: Container, *, volumes: bool = False) -> None:
    """Undo a container that does not run, with volumes also those that nobody named.

    Raises WrongState, RemovalIncomplete, NoSuchContainer.
    """
    async with container.lock:
        if container.id not in host.containers:
            raise NoSuchContainer(container.id)
        if container.active:
            raise WrongState(_why_it_stays(container))
        host.save(container, container.record.moved(Event.REMOVE))
        dismiss(container)
        leftovers = await asyncio.to_thread(undo, host, container)
        if leftovers:
            reason = f"container {container.id}: these would not go: {'; '.join(leftovers)}"
            host.save(container, container.record.moved(Event.STUCK, error=reason))
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


def undo(host: Host, container: Container) -> list[str]:
    """Take away cgroups, files and ids, in this order; what would not go. Blocks, repeatable."""
    record = container.record
    leftovers = cgroups.end(host.paths.key, record)
    directory = host.store.directory_of(record.id)
    if leftovers:
        return leftovers
    host.paths.shim(record.id).unlink(missing_ok=True)
    failures: list[str] = []
    for entry in directory.iterdir() if directory.is_dir() else ():
        if entry.name == "config.json":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, onerror=lambda _f, path, e: failures.append(f"{path}: {e[1]}"))
        else:
            entry.unlink(missing_ok=True)
    if failures:
        return failures
    remove_record(directory)
    shutil.rmtree(directory, ignore_errors=True)
    host.ranges.release(record.id_range, directory)
    return []
