"""/volumes: what outlives the containers that write it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server import labels
from sandbox.dockerapi.server.answers import NO_CONTENT, Reply, as_json
from sandbox.dockerapi.server.fields import mapping, text
from sandbox.engine import mounting, policy
from sandbox.engine import volumes as engine
from sandbox.engine.errors import BadParameter, NoSuchVolume

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host
    from sandbox.engine.volumes import Volume

_LISTED = frozenset(("dangling", "driver", "label", "name"))
_PRUNED = frozenset(("all", "label", "label!"))
_NAMED_STAY = (1, 42)  # Since this version of the API a prune keeps what somebody named.
_TRUE, _FALSE = {"1", "true", "t", "T", "TRUE", "True"}, {"0", "false", "f", "F", "FALSE", "False"}


async def list_some(host: Host, request: Request) -> Reply:
    """GET /volumes."""
    policy.check_full(request.policy)
    filters = request.query.filters(_LISTED)
    dangling = filters.get("dangling", ())
    if not set(dangling) <= _TRUE | _FALSE:
        raise BadParameter(f"invalid filter 'dangling=[{' '.join(dangling)}]'")
    found = [v for v in host.volumes.every() if _passes(host, v, filters)]
    return as_json({"Volumes": [shown(host, v) for v in found], "Warnings": None})


async def create_one(host: Host, request: Request) -> Reply:
    """POST /volumes/create."""
    policy.check_full(request.policy)
    body = await request.json()
    name, driver = text(body, "Name"), text(body, "Driver")
    options = {str(k): str(v) for k, v in mapping(body, "DriverOpts").items()}
    labels = {str(k): str(v) for k, v in mapping(body, "Labels").items()} or None
    if mapping(body, "ClusterVolumeSpec"):
        raise BadParameter("cluster volumes are not available: this node is not part of a swarm")
    anonymous = not name
    name = name or mounting.made_up()
    engine.check_driver(name, driver, {})
    if not anonymous:
        engine.check_name(name)
    engine.check_driver(name, driver, options)
    made = mounting.make(host, name, labels, anonymous=anonymous)
    return as_json(shown(host, made), HTTPStatus.CREATED)


async def inspect(host: Host, request: Request) -> Reply:
    """GET /volumes/NAME."""
    policy.check_full(request.policy)
    return as_json(shown(host, host.volumes.find(request.name)))


async def remove_one(host: Host, request: Request) -> Reply:
    """DELETE /volumes/NAME."""
    policy.check_full(request.policy)
    try:
        await mounting.remove(host, request.name)
    except NoSuchVolume:
        if not request.query.flag("force"):
            raise
    return NO_CONTENT


async def prune(host: Host, request: Request) -> Reply:
    """POST /volumes/prune: what no container has and, of newer clients, nobody named."""
    policy.check_full(request.policy)
    filters = request.query.filters(_PRUNED)
    everything = bool(set(filters.get("all", ())) & _TRUE) or request.version < _NAMED_STAY
    removed, space = [], 0
    for volume in host.volumes.every():
        if not everything and not volume.anonymous:
            continue
        if mounting.users(host, volume.name) or host.volumes.being_given(volume.name):
            continue
        if not labels.fits(volume.labels, filters):
            continue
        space += await asyncio.to_thread(host.volumes.size, volume.name)
        await mounting.remove(host, volume.name)
        removed.append(volume.name)
    host.journal.write("volume", "prune", "", {"reclaimed": str(space)})
    return as_json({"VolumesDeleted": removed, "SpaceReclaimed": space})


def shown(host: Host, volume: Volume) -> dict[str, Any]:
    """As Docker shows it."""
    return {
        "CreatedAt": volume.created[:19] + "Z",  # Whole seconds, as dockerd has it.
        "Driver": engine.DRIVER,
        "Labels": volume.labels,
        "Mountpoint": str(host.volumes.data(volume.name)),
        "Name": volume.name,
        "Options": None,
        "Scope": "local",
    }


def _passes(host: Host, volume: Volume, filters: Mapping[str, tuple[str, ...]]) -> bool:
    if (names := filters.get("name")) and not any(part in volume.name for part in names):
        return False
    if (drivers := filters.get("driver")) and engine.DRIVER not in drivers:
        return False
    if not labels.fits(volume.labels, filters):
        return False
    unused = not mounting.users(host, volume.name)
    return all((value in _TRUE) is unused for value in filters.get("dangling", ()))
