"""A container's networks change: while it runs at once, else at its next start."""

from __future__ import annotations

import asyncio
import errno
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.engine import bridges, joining, naming, nat, netfiles, networking
from sandbox.engine.allocating import allocated, check, link_of, network_of
from sandbox.engine.errors import Forbidden, NoSuchNetwork, NotConnected, StartFailed
from sandbox.engine.network import CONTAINER, HOST, NONE, Network
from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.endpoint import Endpoint
    from sandbox.engine.host import Host

log = logging.getLogger(__name__)


async def connect(host: Host, container: Container, endpoint: Endpoint) -> None:
    """One more network. Raises NoSuchNetwork, Forbidden, BadParameter, AddressTaken."""
    if container.record.host.runtime == LAB_RUNTIME:
        raise Forbidden("a lab has no network but its loopback")
    _check_mode(container, endpoint.network)
    if not container.running:
        _note(host, container, endpoint)
        return
    async with host.networks.lock:
        network = network_of(host, endpoint)
        check(network, endpoint)
        if any(one.network_id == network.id and one.id for one in container.record.endpoints):
            raise Forbidden(
                f"endpoint with name {container.record.name} already exists "
                f"in network {network.name}"
            )
        await networking.make(host, network)
        joined = allocated(host, container, endpoint, network, _free_device(container))
        without_names = not naming.asks(container)
        # Recorded first: where we are killed in between, the next engine plugs it in.
        before = container.record.endpoints
        host.save(container, replace(container.record, endpoints=(*before, joined)))
        try:
            await _plug(container, network, joined)
        except OSError as error:
            host.save(container, replace(container.record, endpoints=before))
            raise StartFailed(f"could not connect to network {network.name}: {error}") from error
    container.devices += 1
    netfiles.update(host, container, new=joined.address)
    naming.tell(host, container)
    if without_names and naming.asks(container):
        await _give_names(host, container)
    networking.tell(host, network, "connect", container=container.id)


async def _plug(container: Container, network: Network, endpoint: Endpoint) -> None:
    others = (one for one in container.record.endpoints if one is not endpoint)
    link = link_of(network, endpoint, first=not any(one.gateway for one in others))
    await asyncio.to_thread(bridges.plug, link, container.record.status.pid)


async def reconcile(host: Host) -> None:
    """Devices that no record has go, and those that a record has and the kernel has not come back.

    After networking.reconcile.
    """
    claimed = {
        endpoint.link: (container, endpoint)
        for container in host.containers.values()
        for endpoint in container.record.endpoints
        if container.running and endpoint.id
    }
    gone = await asyncio.to_thread(bridges.sweep, host.networks.pair_prefix, set(claimed))
    for name in gone:
        log.warning("removed the device %s, which no container has", name)
    for name in set(claimed) - set(bridges.names()):
        container, endpoint = claimed[name]
        try:
            await _plug(container, network_of(host, endpoint), endpoint)
        except (OSError, NoSuchNetwork) as error:
            log.error("%s of %s: %s", endpoint.device, container.id[:12], error)  # noqa: TRY400 - the kernel's word


async def _give_names(host: Host, container: Container) -> None:
    """It had none so far, unless it has been on such a network before."""
    try:
        await naming.open_room(host, container)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise StartFailed(f"no names for {container.record.name}: {error}") from error


def _note(host: Host, container: Container, endpoint: Endpoint) -> None:
    """It joins at its next start."""
    record = container.record
    others = tuple(one for one in record.endpoints if one.network != endpoint.network)
    host.save(container, replace(record, endpoints=(*others, endpoint)))


def _check_mode(container: Container, name: str) -> None:
    mode = container.record.host.network_mode
    if mode == HOST or mode.startswith(CONTAINER):
        raise Forbidden(
            "container sharing network namespace with another container or host "
            "cannot be connected to any other network"
        )
    if name == HOST:
        raise Forbidden(
            "container cannot be disconnected from host network or connected to host network"
        )
    if NONE in (mode, name):
        raise Forbidden(
            "container cannot be connected to multiple networks with one of the networks "
            "in private (none) mode"
        )


async def disconnect(host: Host, container: Container, name: str) -> None:
    """Off a network. Raises NotConnected, Forbidden."""
    if container.record.host.network_mode == HOST:
        raise Forbidden(
            "container cannot be disconnected from host network or connected to host network"
        )
    record = container.record
    try:
        known = host.networks.find(name)
        names = (known.name, known.id)
    except NoSuchNetwork:
        names = (name, name)
    ended = next((e for e in record.endpoints if e.network in names or e.network_id in names), None)
    if ended is None:
        raise NotConnected(f"container {container.id} is not connected to network {name}")
    rest = tuple(endpoint for endpoint in record.endpoints if endpoint is not ended)
    before = networking.forwarded_to(container)
    host.save(container, replace(record, endpoints=rest))
    if not ended.id:
        return
    host.networks.leaving.setdefault(ended.network_id, set()).add(ended.address)
    await joining.undo(host, [ended], ())
    await _move_ports(host, container, before)
    await _reroute(container, ended)
    netfiles.update(host, container, gone=ended.address)
    naming.tell(host, container)
    network = host.networks.find(ended.network_id)
    for _ in range(2):  # As dockerd does: once for the endpoint, once for the request.
        networking.tell(host, network, "disconnect", container=container.id)


async def _move_ports(host: Host, container: Container, before: str) -> None:
    """Published ports lead to the first address that is left."""
    published, address = container.record.published, networking.forwarded_to(container)
    if not published or address == before:
        return
    key = host.paths.key
    lines = [nat.port_gone(key, port) for port in published]
    if address:
        lines += [nat.port_there(key, port, address) for port in published]
    async with host.networks.lock:
        await asyncio.to_thread(nat.apply, "\n".join(lines))


async def _reroute(container: Container, ended: Endpoint) -> None:
    """The default route went with its device."""
    rest = [one for one in container.record.endpoints if one.gateway]
    had_it = ended.gateway and not any(_number(one) < _number(ended) for one in rest)
    if had_it and rest:
        chosen = min(rest, key=_number)
        pid = container.record.status.pid
        await asyncio.to_thread(bridges.reroute, chosen.device, chosen.gateway, pid)


def _number(endpoint: Endpoint) -> int:
    return int(endpoint.device.removeprefix("eth") or 0)


def _free_device(container: Container) -> str:
    """Docker counts on, also when a device has gone meanwhile."""
    taken = [_number(endpoint) for endpoint in container.record.endpoints if endpoint.device]
    return (
        f"eth{max(container.devices, *taken, -1) + 1}" if taken else f"eth{container.devices + 1}"
    )
