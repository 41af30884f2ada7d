"""POST /containers/prune and GET /system/df: what is there, and what need not be."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server import images, labels, views, volumes
from sandbox.dockerapi.server.answers import Reply, as_json
from sandbox.engine import clock, create, mounting, policy, remove, sizes
from sandbox.engine.errors import BadParameter, NoSuchContainer, WrongState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

    Filters = Mapping[str, tuple[str, ...]]

_PRUNED = frozenset(("label", "label!", "until"))


async def prune(host: Host, request: Request) -> Reply:
    """What does not run; its volumes stay."""
    policy.check_full(request.policy)
    filters = request.query.filters(_PRUNED)
    before = _moment(filters)
    removed, space = [], 0
    for container in list(host.containers.values()):
        if container.active or not _chosen(container, filters, before):
            continue
        size = await asyncio.to_thread(sizes.written, host, container)
        try:
            await remove.remove(host, container)
        except (WrongState, NoSuchContainer):
            continue  # Somebody started or removed it meanwhile.
        removed.append(container.id)
        space += size
    host.journal.write("container", "prune", "", {"reclaimed": str(space)})
    return as_json({"ContainersDeleted": removed or None, "SpaceReclaimed": space})


def _moment(filters: Filters) -> int:
    """Only what is older; 0 for all."""
    values = filters.get("until", ())
    if len(values) > 1:
        raise BadParameter("more than one until filter specified")
    try:
        return clock.moment(values[0], time.time_ns()) if values else 0
    except ValueError:
        raise BadParameter(f'failed to parse value as time or duration: "{values[0]}"') from None


def _chosen(container: Container, filters: Filters, before: int) -> bool:
    if before and clock.nanoseconds(container.record.created) >= before:
        return False
    return labels.fits(container.record.config.labels, filters)


async def disk_usage(host: Host, request: Request) -> Reply:
    """GET /system/df."""
    policy.check_full(request.policy)
    rows = [await _container(host, container) for container in host.containers.values()]
    found = [await _volume(host, volume.name) for volume in host.volumes.every()]
    every = host.images.every()
    used = [container.record.image_id for container in host.containers.values()]
    return as_json(
        {
            "LayersSize": sum(image.size for image in every),
            "Images": [images.listed(image, containers=used.count(image.id)) for image in every],
            "Containers": rows,
            "Volumes": found,
            "BuildCache": [],
        }
    )


async def _container(host: Host, container: Container) -> dict[str, Any]:
    size = await asyncio.to_thread(sizes.written, host, container)
    whole = create.find_image(host, container.record.image_id).size + size
    return {**views.listed(container), "SizeRw": size, "SizeRootFs": whole}


async def _volume(host: Host, name: str) -> dict[str, Any]:
    size = await asyncio.to_thread(host.volumes.size, name)
    usage = {"Size": size, "RefCount": len(mounting.users(host, name))}
    return {**volumes.shown(host, host.volumes.find(name)), "UsageData": usage}
