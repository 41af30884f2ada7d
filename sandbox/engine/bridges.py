"""The devices behind networks, in the engine's own network namespace. Everything here blocks."""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.kernel import links
from sandbox.kernel.namespaces import CLONE, setns
from sandbox.kernel.rtnetlink import RTM_GETADDR, dump

if TYPE_CHECKING:
    from sandbox.engine.network import Network
    from sandbox.engine.spec import Link

_IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_IFA_ADDRESS = 1
_IPV4 = 2
_LOOPBACK = IPv4Network("127.0.0.0/8")
_SYSCTL = Path("/proc/sys/net")


def subnets_here() -> list[IPv4Network]:
    """What this host, and other engines on it, have addresses of."""
    found = (subnet for _, subnet in _addresses())
    return [subnet for subnet in found if not subnet.overlaps(_LOOPBACK)]


def make(network: Network) -> list[str]:
    """The bridge with its address, up; what is there already, all of it or a part, is kept.

    Returns what could not be switched on, in words. OSError as the kernel gives it.
    """
    fresh = network.link not in links.names()
    if fresh:
        digest = hashlib.sha256(network.id.encode()).digest()
        links.add_bridge(network.link, "02:42:" + digest[:4].hex(":"), network.mtu)
    try:
        own = (links.index(network.link), IPv4Network(network.subnet))
        if own not in _addresses():
            links.add_address(network.link, network.gateway, network.prefix)
        refused = _switch_on(network.link)
        links.set_up(network.link)
    except OSError:
        if fresh:
            links.delete(network.link)
        raise
    return refused


def _switch_on(link: str) -> list[str]:
    switches = (
        (f"ipv6/conf/{link}/disable_ipv6", "1", "IPv6 stays on for bridges"),
        (f"ipv4/conf/{link}/route_localnet", "1", "published ports are not served on 127.0.0.1"),
        ("ipv4/ip_forward", "1", "containers reach nothing outside"),
    )
    refused = (_switch(*switch) for switch in switches)
    return [reason for reason in refused if reason]


def _addresses() -> Iterator[tuple[int, IPv4Network]]:
    """(index of the device, network of one of its addresses)"""
    for record in dump(RTM_GETADDR, _IFADDRMSG.size):
        family, prefix, _, _, index = _IFADDRMSG.unpack(record.fixed)
        address = record.attributes.get(_IFA_ADDRESS)
        if family == _IPV4 and address:
            yield index, IPv4Network((address, prefix), strict=False)


def remove(name: str) -> None:
    """The device; one that is not there is no error."""
    links.delete(name)


def names() -> list[str]:
    """All devices that are there."""
    return links.names()


def sweep(prefix: str, kept: set[str]) -> list[str]:
    """Remove the devices of this prefix that nobody claims; their names."""
    gone = [name for name in names() if name.startswith(prefix) and name not in kept]
    for name in gone:
        links.delete(name)
    return gone


def plug(link: Link, pid: int) -> None:
    """Give a running container one more device."""
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        links.add_veth(link.name, link.bridge, link.device, link.hardware, namespace, mtu=link.mtu)
    finally:
        os.close(namespace)
    try:
        within(pid, lambda: _furnish(link))
    except OSError:
        links.delete(link.name)
        raise


def reroute(device: str, gateway: str, pid: int) -> None:
    """A running container's default route leads through this device from now on."""
    within(pid, lambda: links.add_default_route(device, gateway))


def _furnish(link: Link) -> None:
    _switch(f"ipv6/conf/{link.device}/disable_ipv6", "1", "")
    links.furnish(link.device, link.address, link.prefix, link.gateway)


def within(pid: int, deed: Callable[[], object]) -> None:
    """In a process's network. In a thread of its own, which ends there: no other work meets it."""
    failures: list[OSError] = []

    def visit() -> None:
        try:
            namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                setns(namespace, CLONE.NEWNET)
            finally:
                os.close(namespace)
            deed()
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=visit)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _switch(name: str, value: str, consequence: str) -> str:
    """Set a sysctl; the consequence, with the reason, where that is not allowed."""
    file = _SYSCTL / name
    with suppress(FileNotFoundError):
        try:
            if file.read_text().strip() != value:
                file.write_text(value)
        except OSError as error:
            return f"{consequence}: {file}: {error.strerror}"
    return ""
