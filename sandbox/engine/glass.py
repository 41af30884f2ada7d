"""Looking into a running container from outside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.engine import cgroups
from sandbox.engine.errors import BadParameter, NotRunning
from sandbox.observe import codec, observer

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host


async def snapshot(host: Host, container: Container) -> dict[str, Any]:
    """The kernel's view as JSON. Raises NotRunning."""
    if not container.running:
        raise NotRunning(container.id)
    group = cgroups.box_of(host.paths.key, container.record)
    try:
        seen = await asyncio.to_thread(
            observer.observe, container.id, container.record.status.pid, group
        )
    except OSError:
        raise NotRunning(container.id) from None
    return codec.to_json(seen)


async def look(host: Host, container: Container, asked: list[Any]) -> list[dict[str, Any]]:
    """Answers to questions about paths, as JSON. Raises NotRunning, BadParameter."""
    if not container.running:
        raise NotRunning(container.id)
    try:
        looks = codec.looks_from(asked)
    except ValueError as error:
        raise BadParameter(str(error)) from None
    group = cgroups.box_of(host.paths.key, container.record)
    seen = await asyncio.to_thread(observer.look, group, looks)
    return [codec.to_json(one) for one in seen]
