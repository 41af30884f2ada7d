"""Published ports: what was asked for, which are free, and the sockets that keep them ours.

The kernel forwards; nobody accepts on these sockets. They are there so that another program of the
host is told that the port is taken, and so that we are told when it was there first.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

from sandbox.engine.endpoint import Published
from sandbox.engine.errors import AddressTaken, BadParameter

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the user's own wish
_LOCAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_HIGHEST = 65535
Bindings = Mapping[str, list[dict[str, Any]] | None]


class Ports:
    """The ports of one engine that are in use."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str, int], socket.socket] = {}
        self._next = 0

    def publish(self, port: str, host_ip: str, wanted: tuple[int, int]) -> Published:
        """Take the first free port of the range, (0, 0) any. Raises AddressTaken, BadParameter."""
        address = _address(host_ip)
        first, last = wanted
        if not first:
            return self._any(port, address)
        for number in range(first, last + 1):
            found = Published(port, address, number)
            if first < last and self._clashes(found):
                continue
            try:
                return self.take(found)
            except AddressTaken:
                if number == last:
                    raise
        raise AddressTaken(f"Bind for {address}:{first} failed: port is already allocated")

    def take(self, port: Published) -> Published:
        """This one. Raises AddressTaken with dockerd's texts."""
        place = f"{port.host_ip}:{port.host_port}"
        if (port.protocol, port.host_ip, port.host_port) in self._taken:
            raise AddressTaken(f"Bind for {place} failed: port is already allocated")
        kind = socket.SOCK_DGRAM if port.protocol == "udp" else socket.SOCK_STREAM
        keeper = socket.socket(socket.AF_INET, kind | socket.SOCK_CLOEXEC)
        try:
            if kind is socket.SOCK_STREAM:
                keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            keeper.bind((port.host_ip, port.host_port))
            if kind is socket.SOCK_STREAM:
                keeper.listen(1)
        except OSError as error:
            keeper.close()
            reason = "address already in use"
            if error.errno != errno.EADDRINUSE:
                reason = (error.strerror or str(error)).lower()
            raise AddressTaken(
                f"Error starting userland proxy: listen {port.protocol}4 {place}: bind: {reason}"
            ) from error
        self._taken[port.protocol, port.host_ip, port.host_port] = keeper
        return port

    def give_back(self, ports: Iterable[Published]) -> None:
        """They are free again."""
        for port in ports:
            keeper = self._taken.pop((port.protocol, port.host_ip, port.host_port), None)
            if keeper is not None:
                keeper.close()

    def _clashes(self, port: Published) -> bool:
        return (port.protocol, port.host_ip, port.host_port) in self._taken

    def _any(self, port: str, address: str) -> Published:
        first, last = (int(word) for word in _LOCAL_RANGE.read_text().split())
        count = last - first + 1
        for _ in range(count):
            number = first + self._next % count
            self._next += 1
            try:
                return self.take(Published(port, address, number))
            except AddressTaken:
                continue
        raise AddressTaken("all ports are allocated")


def ordered(exposed: Iterable[str], bindings: Bindings) -> list[str]:
    """Docker's order: by the host's port where one is asked for, else by number; tcp first."""
    ports = dict.fromkeys((*exposed, *bindings))

    def rank(port: str) -> tuple[int, int, str]:
        number, _, protocol = port.partition("/")
        hosts = [host_range(one)[0] for one in bindings.get(port) or ()]
        return min(hosts, default=0), int(number.partition("-")[0]), protocol

    return sorted(ports, key=rank)


def host_range(binding: Mapping[str, Any]) -> tuple[int, int]:
    """HostPort: "" and "0" are any, "8000-8010" the first free one. Raises BadParameter."""
    text = str(binding.get("HostPort") or "0")
    first, _, last = text.partition("-")
    try:
        found = int(first), int(last or first)
    except ValueError:
        raise BadParameter(f"invalid port specification: {text!r}") from None
    if not 0 <= found[0] <= found[1] <= _HIGHEST:
        raise BadParameter(f"invalid port specification: {text!r}")
    return found


def check_place(binding: Mapping[str, Any]) -> None:
    """Where a port is wanted. Raises BadParameter."""
    _address(str(binding.get("HostIp") or ""))
    host_range(binding)


def check(port: str) -> str:
    """ "80/tcp", "80". Raises BadParameter, with the protocol for those that we do not have."""
    number, _, protocol = port.partition("/")
    protocol = (protocol or "tcp").lower()
    if not number.isdecimal() or not 0 < int(number) <= _HIGHEST:
        raise BadParameter(f"invalid port specification: {port!r}")
    if protocol not in ("tcp", "udp"):
        raise BadParameter(f"port {port}: only tcp and udp are published")
    return f"{int(number)}/{protocol}"


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text or EVERYWHERE))
    except AddressValueError:
        if ":" in text:
            raise BadParameter(f"publishing on {text}: IPv6 is not available") from None
        raise BadParameter(f"invalid IP address: {text}") from None
