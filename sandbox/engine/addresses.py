"""IPv4 subnets and addresses: which are free. Pure; what is in use is told by the records."""

from __future__ import annotations

from collections.abc import Container, Iterable
from ipaddress import IPv4Address, IPv4Network

from sandbox.engine.errors import NoRoom

# Docker's own, in its order.
POOLS = (
    *(IPv4Network(f"172.{number}.0.0/16") for number in range(17, 32)),
    *(IPv4Network(f"192.168.{number}.0/20") for number in range(0, 256, 16)),
)


def free_subnet(taken: Iterable[IPv4Network]) -> IPv4Network:
    """The first pool that overlaps nothing. Raises NoRoom."""
    there = list(taken)
    for pool in POOLS:
        if not any(pool.overlaps(other) for other in there):
            return pool
    raise NoRoom("all predefined address pools have been fully subnetted")


def free_address(within: IPv4Network, subnet: IPv4Network, used: Container[str]) -> str:
    """The lowest address that nobody has. Raises NoRoom with dockerd's text."""
    for address in within:
        if address in (subnet.network_address, subnet.broadcast_address):
            continue
        if str(address) not in used:
            return str(address)
    raise NoRoom("no available IPv4 addresses on this network's address pools")


def gateway_of(subnet: IPv4Network) -> str:
    """Docker's choice where nobody made one."""
    return str(subnet.network_address + 1)


def hardware_of(address: str) -> str:
    """The hardware address that Docker derives, so that no neighbour's memory goes stale."""
    parts = IPv4Address(address).packed
    return "02:42:" + ":".join(f"{part:02x}" for part in parts)
