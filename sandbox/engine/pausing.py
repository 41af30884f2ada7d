"""Freezing a container's processes where they are, and letting them go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, checkups
from sandbox.engine.attach import check_not_resting
from sandbox.engine.errors import NotRunning, Unanswerable, WrongState
from sandbox.engine.findings import Health
from sandbox.engine.state import Event

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

_PATIENCE = 5.0  # seconds for the last process to stand still


async def pause(host: Host, container: Container) -> None:
    """Return when all its processes stand still. Raises NotRunning, WrongState."""
    async with container.lock:
        check_not_resting(container)
        if container.paused:
            raise WrongState(f"Container {container.id} is already paused")
        if not container.running:
            raise NotRunning(container.id)
        stands_still = await asyncio.to_thread(_freeze, host, container)
        if not container.running:  # It ended meanwhile.
            raise NotRunning(container.id)
        if not stands_still:
            raise WrongState(
                f"Cannot pause container {container.id}: a process hangs in the kernel"
            )
        checkups.cease(container)
        health = Health.UNHEALTHY if container.record.status.health else ""
        host.save(container, container.record.moved(Event.PAUSE, health=health))
        host.tell(container, "pause")


async def unpause(host: Host, container: Container) -> None:
    """Let them go on. Raises Unanswerable where they do."""
    async with container.lock:
        if not container.paused:
            raise Unanswerable(f"Container {container.id} is not paused")
        await resume(host, container)


async def resume(host: Host, container: Container) -> None:
    """As unpause, of one that may be running; what was signalled meanwhile arrives now."""
    if not container.paused:
        return
    group = cgroups.group_of(host.paths.key, container.record)
    await asyncio.to_thread(group.thaw)
    if container.paused:
        host.save(container, container.record.moved(Event.UNPAUSE))
        host.tell(container, "unpause")
        checkups.begin(host, container)


def frozen(host: Host, container: Container) -> bool:
    """What the kernel says: an engine that was killed may not have written it down."""
    return cgroups.group_of(host.paths.key, container.record).state().frozen is True


def _freeze(host: Host, container: Container) -> bool:
    """Whether it is frozen; if not, it goes on."""
    group = cgroups.group_of(host.paths.key, container.record)
    group.freeze()
    if group.wait_frozen(_PATIENCE):
        return True
    group.thaw()
    return False
