"""What a container gets on a network: an address, a device, a hardware address."""

from __future__ import annotations

import secrets
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from sandbox.engine import addresses, networking
from sandbox.engine.errors import AddressTaken, BadParameter
from sandbox.engine.network import BRIDGE, Network
from sandbox.engine.spec import Link

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.endpoint import Endpoint
    from sandbox.engine.host import Host


def network_of(host: Host, endpoint: Endpoint) -> Network:
    """The network of an endpoint. Raises NoSuchNetwork."""
    if endpoint.network in ("default", BRIDGE):
        return networking.default_bridge(host)
    return host.networks.find(endpoint.network)


def allocated(
    host: Host, container: Container, endpoint: Endpoint, network: Network, device: str
) -> Endpoint:
    """The endpoint, checked, with an address. Raises AddressTaken, NoRoom."""
    used = {other.address for _, other in networking.active(host, network)}
    used |= host.networks.leaving.get(network.id, set())
    used |= {network.gateway, *network.auxiliary.values()}
    subnet = IPv4Network(network.subnet)
    if asked := endpoint.address_asked:
        if asked in used:
            raise AddressTaken("Address already in use")
        address = asked
    else:
        within = IPv4Network(network.ip_range) if network.ip_range else subnet
        address = addresses.free_address(within, subnet, used)
    identity = secrets.token_hex(32)
    hardware = endpoint.hardware_asked or container.record.config.hardware
    return replace(
        endpoint,
        network=network.name,
        id=identity,
        network_id=network.id,
        device=device,
        link=host.networks.link(identity),
        address=address,
        prefix=subnet.prefixlen,
        gateway="" if network.internal else network.gateway,
        hardware=hardware or addresses.hardware_of(address),
    )


def check(network: Network, endpoint: Endpoint, *, prefix: str = "") -> None:
    """Whether the network allows what is asked for. Raises BadParameter with dockerd's texts."""
    reasons = []
    if network.predefined and endpoint.address_asked:
        reasons.append("user specified IP address is supported on user defined networks only")
    if network.predefined and endpoint.aliases:
        reasons.append(
            "network-scoped alias is supported only for containers in user defined networks"
        )
    if endpoint.address_asked and (reason := _address_refused(network, endpoint.address_asked)):
        reasons.append(reason)
    if reasons:
        joined = reasons[0] if len(reasons) == 1 else "* " + "\n* ".join(reasons)
        raise BadParameter(f"{prefix}invalid endpoint settings:\n{joined}")


def _address_refused(network: Network, address: str) -> str:
    try:
        wanted = IPv4Address(address)
    except AddressValueError:
        return f"invalid IPv4 address: {address}"
    if not network.subnet_asked:
        return (
            "user specified IP address is supported only when connecting to "
            "networks with user configured subnets"
        )
    if wanted not in IPv4Network(network.subnet):
        return f"no configured subnet contains IP address {address}"
    return ""


def link_of(network: Network, endpoint: Endpoint, *, first: bool) -> Link:
    return Link(
        name=endpoint.link,
        bridge=network.link,
        device=endpoint.device,
        hardware=endpoint.hardware,
        address=endpoint.address,
        prefix=endpoint.prefix,
        gateway=endpoint.gateway if first else "",
        mtu=network.mtu,
    )
