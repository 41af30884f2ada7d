"""A container joins its networks when it starts and leaves them when it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.engine import bridges, naming, nat, netfiles, networking, ports
from sandbox.engine.allocating import allocated, check, link_of, network_of
from sandbox.engine.endpoint import Endpoint, Published
from sandbox.engine.errors import AddressTaken, EngineError, NoSuchNetwork, StartFailed
from sandbox.engine.network import BINDING, CONTAINER, HOST, NONE
from sandbox.engine.record import LAB_RUNTIME
from sandbox.engine.spec import Link, NetworkSpec

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record


async def join(host: Host, container: Container) -> NetworkSpec:
    """Everything that a start needs of networks; recorded. Raises EngineError, having undone it."""
    record = container.record
    mode = record.host.network_mode
    if record.host.runtime == LAB_RUNTIME:
        return NetworkSpec()
    hidden = tuple(point.destination for point in record.mounts)
    files = str(host.store.directory_of(record.id))
    if mode.startswith(CONTAINER):
        other = _other(host, mode)
        shared = str(host.store.directory_of(other.id))
        join = f"/proc/{other.record.status.pid}/ns/net"
        return NetworkSpec(join, files=shared, hidden=hidden)
    links: tuple[Link, ...] = ()
    if mode in (HOST, NONE):
        _note_alone(host, container)
    else:
        try:
            async with host.networks.lock:
                links = await _join_all(host, container)
                await _publish(host, container)
            naming.tell(host, container)
        # Cancelled, too: half of what was joined would stay joined. Nothing is swallowed.
        except BaseException:
            leave(host, container, quietly=True)
            raise
    netfiles.write(host, container)
    return NetworkSpec(
        join=HOST if mode == HOST else "",
        links=links,
        files=files,
        resolver=str(host.resolver.path) if naming.asks(container) else "",
        hidden=hidden,
    )


def _note_alone(host: Host, container: Container) -> None:
    """Docker shows the id of these two networks from the first start on."""
    endpoints = tuple(
        replace(one, network_id=host.networks.find(one.network).id)
        for one in container.record.endpoints
    )
    if endpoints != container.record.endpoints:
        host.note(container, replace(container.record, endpoints=endpoints))  # It starts next.


def _other(host: Host, mode: str) -> Container:
    other = host.find(mode.removeprefix(CONTAINER))
    if not other.running:
        raise StartFailed(f"cannot join network of a non running container: {other.id}")
    return other


async def _join_all(host: Host, container: Container) -> tuple[Link, ...]:
    links: list[Link] = []
    for number, endpoint in enumerate(container.record.endpoints):
        network = network_of(host, endpoint)
        await networking.make(host, network)
        check(network, endpoint, prefix=f"invalid config for network {network.name}: ")
        joined = allocated(host, container, endpoint, network, f"eth{number}")
        _replace(host, container, endpoint, joined)
        links.append(link_of(network, joined, first=not any(link.gateway for link in links)))
    return tuple(links)


async def _publish(host: Host, container: Container) -> None:
    """Take the ports that are asked for and have them forwarded."""
    record = container.record
    address = networking.forwarded_to(container)
    taken: list[Published] = []
    try:
        for port, host_ip, wanted in _wanted(host, record):
            taken.append(host.ports.publish(port, host_ip, wanted))
        key = host.paths.key
        if taken:
            script = "\n".join(nat.port_there(key, port, address) for port in taken)
            await asyncio.to_thread(nat.apply, script)
    except AddressTaken as error:
        host.ports.give_back(taken)
        identity = record.endpoints[0].id
        raise AddressTaken(
            "driver failed programming external connectivity on endpoint "
            f"{record.name} ({identity}): {error}"
        ) from None
    except EngineError:
        host.ports.give_back(taken)
        raise
    host.save(container, replace(container.record, published=tuple(taken)))


def _wanted(host: Host, record: Record) -> list[tuple[str, str, tuple[int, int]]]:
    bindings = record.host.bindings or {}
    default = ""
    if record.endpoints:
        default = network_of(host, record.endpoints[0]).options.get(BINDING, "")
    found: list[tuple[str, str, tuple[int, int]]] = []
    for port in ports.ordered(record.config.exposed, bindings):
        asked = bindings.get(port) or []
        if not asked and record.host.publish_all:
            asked = [{}]
        found += [(port, str(one.get("HostIp") or default), ports.host_range(one)) for one in asked]
    return found


def tell_joined(host: Host, container: Container) -> None:
    """Docker's events of a start."""
    container.devices = max(len(container.record.endpoints) - 1, 0)
    for endpoint in container.record.endpoints:
        if endpoint.id:
            network = host.networks.find(endpoint.network_id)
            networking.tell(host, network, "connect", container=container.id)


def leave(host: Host, container: Container, *, quietly: bool = False) -> None:
    """Its addresses and ports are free again; devices and rules go in the background."""
    record = container.record
    ended = [endpoint for endpoint in record.endpoints if endpoint.id]
    if not ended and not record.published:
        return
    blank = tuple(endpoint.left() for endpoint in record.endpoints)
    host.save(container, replace(record, endpoints=blank, published=()))
    naming.forget(host, container)
    for endpoint in ended:
        host.networks.leaving.setdefault(endpoint.network_id, set()).add(endpoint.address)
    work = undo(host, ended, record.published)
    host.in_background(work, f"networks of {container.id[:12]}")
    if quietly:
        return
    for endpoint in ended:
        try:
            network = host.networks.find(endpoint.network_id)
        except NoSuchNetwork:
            continue
        networking.tell(host, network, "disconnect", container=container.id)


async def undo(host: Host, ended: list[Endpoint], published: tuple[Published, ...]) -> None:
    async with host.networks.lock:
        try:
            if published:
                script = "\n".join(nat.port_gone(host.paths.key, port) for port in published)
                await asyncio.to_thread(nat.apply, script)
        finally:
            host.ports.give_back(published)
            for endpoint in ended:
                await asyncio.to_thread(bridges.remove, endpoint.link)
                host.networks.leaving[endpoint.network_id].discard(endpoint.address)


def _replace(host: Host, container: Container, old: Endpoint, new: Endpoint) -> None:
    endpoints = tuple(new if one is old else one for one in container.record.endpoints)
    host.save(container, replace(container.record, endpoints=endpoints))
