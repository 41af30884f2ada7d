"""Networks as Docker knows them: made and removed, their bridges there while they are."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from sandbox.engine import addresses, bridges, nat
from sandbox.engine.clock import rfc3339
from sandbox.engine.errors import (
    AddressTaken,
    BadParameter,
    EngineError,
    Forbidden,
    NetworkExists,
    NoSuchNetwork,
    StartFailed,
)
from sandbox.engine.network import BRIDGE, PREDEFINED, Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.engine.container import Container
    from sandbox.engine.endpoint import Endpoint, Published
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record

log = logging.getLogger(__name__)


async def create(host: Host, wanted: Network) -> Network:
    """A new network. Raises NetworkExists, AddressTaken, Forbidden, BadParameter."""
    if wanted.name in PREDEFINED:
        raise Forbidden(f"operation is not permitted on predefined {wanted.name} network")
    async with host.networks.lock:
        if host.networks.by_name(wanted.name):
            raise NetworkExists(wanted.name)
        network = _settled(host, wanted)
        await make(host, network)
        host.networks.keep(network)
    tell(host, network, "create")
    return network


def _settled(host: Host, wanted: Network) -> Network:
    """With an id, a subnet and a gateway."""
    identity = secrets.token_hex(32)
    taken = [*host.networks.subnets(), *bridges.subnets_here()]
    if wanted.subnet:
        subnet = IPv4Network(wanted.subnet)
        if any(subnet.overlaps(other) for other in taken):
            raise AddressTaken("Pool overlaps with other one on this address space")
        shown = wanted.ipam
    else:
        subnet = addresses.free_subnet(taken)
        gateway = addresses.gateway_of(subnet)
        shown = ({"Subnet": str(subnet), "Gateway": gateway},)
    return replace(
        wanted,
        id=identity,
        created=rfc3339(time.time_ns()),
        subnet=str(subnet),
        gateway=wanted.gateway or addresses.gateway_of(subnet),
        ipam=shown,
        link=host.networks.device(identity),
    )


async def make(host: Host, network: Network) -> None:
    """Have its bridge and rules there. Precondition: the lock. Raises StartFailed, NotOffered."""
    if network.id in host.networks.made:
        return
    fresh = not host.networks.made
    try:
        refused = await asyncio.to_thread(bridges.make, network)
        others = [n for n in host.networks.every() if n.id in host.networks.made]
        if fresh:
            script = nat.whole(host.paths.key, (*others, network), ())
        else:
            script = nat.network_there(host.paths.key, network)
        await asyncio.to_thread(nat.apply, script)
    except OSError as error:
        raise StartFailed(f"the bridge of network {network.name}: {error}") from error
    except EngineError:
        await asyncio.to_thread(bridges.remove, network.link)
        raise
    host.networks.made.add(network.id)
    for reason in refused:
        if reason not in host.networks.warnings:
            log.warning("%s", reason)
            host.networks.warnings.append(reason)


async def remove(host: Host, network: Network) -> None:
    """Raises Forbidden for what is predefined or in use."""
    if network.predefined:
        raise Forbidden(f"{network.name} is a pre-defined network and cannot be removed")
    async with host.networks.lock:
        if any(True for _ in active(host, network)):
            raise Forbidden(
                f"error while removing network: network {network.name} id {network.id} "
                "has active endpoints"
            )
        host.networks.find(network.id)
        made = network.id in host.networks.made
        host.networks.forget(network)
        if made:
            await asyncio.to_thread(nat.apply, nat.network_gone(host.paths.key, network))
        await asyncio.to_thread(bridges.remove, network.link)
        if not host.networks.made:
            await asyncio.to_thread(nat.apply, nat.none(host.paths.key))
    tell(host, network, "destroy")


def default_bridge(host: Host) -> Network:
    """The network of who asked for none. Its subnet is looked for when it is first needed."""
    found = host.networks.by_name(BRIDGE)
    if found and (found.id in host.networks.made or not _overlaps(found)):
        return found
    identity = found.id if found else secrets.token_hex(32)
    own = [IPv4Network(n.subnet) for n in host.networks.every() if n.subnet and n.id != identity]
    subnet = addresses.free_subnet([*own, *bridges.subnets_here()])
    gateway = addresses.gateway_of(subnet)
    network = Network(
        id=identity,
        name=BRIDGE,
        created=found.created if found else rfc3339(time.time_ns()),
        driver=BRIDGE,
        subnet=str(subnet),
        gateway=gateway,
        ipam=({"Subnet": str(subnet), "Gateway": gateway},),
        options={"com.docker.network.bridge.default_bridge": "true"},
        link=host.networks.device(identity),
    )
    host.networks.keep(network)
    return network


def _overlaps(network: Network) -> bool:
    """Whether somebody else took its subnet while its bridge was not there."""
    subnet = IPv4Network(network.subnet)
    return any(subnet.overlaps(other) for other in bridges.subnets_here())


def active(host: Host, network: Network) -> Iterator[tuple[Container, Endpoint]]:
    """The running containers on it."""
    for container in host.containers.values():
        for endpoint in container.record.endpoints:
            if endpoint.id and endpoint.network_id == network.id:
                yield container, endpoint


def claimed(host: Host, network: Network) -> bool:
    """Whether any container, running or not, has it."""
    names = (network.name, network.id)
    return any(
        endpoint.network_id == network.id or endpoint.network in names
        for container in host.containers.values()
        for endpoint in container.record.endpoints
    )


def tell(host: Host, network: Network, action: str, **attributes: str) -> None:
    """An event of a network, with the attributes that all of them carry."""
    carried = {"name": network.name, "type": network.driver, **attributes}
    host.journal.write("network", action, network.id, carried)


async def reconcile(host: Host) -> None:
    """Make devices and rules agree with the records. Call once, after the containers are known."""
    networks = [n for n in host.networks.every() if n.link]
    wanted = [n for n in networks if not n.predefined or any(True for _ in active(host, n))]
    gone = await asyncio.to_thread(
        bridges.sweep, host.networks.prefix, {network.link for network in wanted}
    )
    for name in gone:
        log.warning("removed the bridge %s, which nobody needs", name)
    ports = []
    for container in host.containers.values():
        address = forwarded_to(container)
        ports += [(port, address) for port in container.record.published if address]
    async with host.networks.lock:
        there: list[Network] = []
        for network in wanted:
            try:
                host.networks.warnings += await asyncio.to_thread(bridges.make, network)
            except OSError as error:
                log.error("network %s: %s", network.name, error)  # noqa: TRY400 - the kernel's word
                continue
            there.append(network)
        await _restore_rules(host, there, ports)
    for port, _ in ports:
        _take_again(host, port)


async def _restore_rules(
    host: Host, networks: list[Network], ports: list[tuple[Published, str]]
) -> None:
    key = host.paths.key
    try:
        script = nat.whole(key, networks, ports) if networks else nat.none(key)
        await asyncio.to_thread(nat.apply, script)
    except EngineError as error:
        if networks:
            log.error("%s", error)  # noqa: TRY400 - the sentence says it all
        return
    host.networks.made |= {network.id for network in networks}


async def close(host: Host) -> None:
    """The engine stops. What no container needs goes; the next engine makes it again."""
    needed = any(e.id for c in host.containers.values() for e in c.record.endpoints)
    if needed or not host.networks.made:
        return
    async with host.networks.lock:
        await asyncio.to_thread(nat.apply, nat.none(host.paths.key))
        await asyncio.to_thread(bridges.sweep, host.networks.prefix, set())


def _take_again(host: Host, port: Published) -> None:
    try:
        host.ports.take(port)
    except AddressTaken as error:
        log.warning("port %s goes on being forwarded, but: %s", port.host_port, error)


def canonical(host: Host, name: str) -> str:
    """A network's name where it is known by id; what is unknown is said at the start."""
    if name in ("default", BRIDGE):
        return BRIDGE
    try:
        return host.networks.find(name).name
    except NoSuchNetwork:
        return name


def names(record: Record, endpoint: Endpoint) -> tuple[str, ...]:
    """Under which others of the network find it."""
    own = (record.name, *endpoint.aliases, record.id[:12], record.config.hostname)
    return tuple(dict.fromkeys(name for name in own if name))


def forwarded_to(container: Container) -> str:
    """The address that its published ports lead to: of the first network that has one."""
    return next((e.address for e in container.record.endpoints if e.address), "")


def check_name(name: str) -> None:
    """Raises BadParameter with dockerd's text."""
    if not name.strip():
        raise BadParameter(f"invalid name: {name}")
