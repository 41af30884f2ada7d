"""The steps of a container's network: a pair of devices, addresses, switches, its resolver."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass

from sandbox.boot.steps import Held
from sandbox.kernel import links
from sandbox.kernel.process import pidfd_open
from sandbox.kernel.resolving import resolver_sockets


@dataclass(frozen=True, slots=True)
class Veth:
    """A pair between a bridge here and a device in the first process's network namespace."""

    name: str
    bridge: str
    device: str
    hardware: str
    mtu: int

    def apply(self, held: Held) -> None:
        network = os.open(f"{held.first}/ns/net", os.O_RDONLY | os.O_CLOEXEC, dir_fd=held.procfs)
        try:
            links.add_veth(
                self.name, self.bridge, self.device, self.hardware, network, mtu=self.mtu
            )
        finally:
            os.close(network)


@dataclass(frozen=True, slots=True)
class Interface:
    """A device with its address and, with a gateway, the way to everything else."""

    device: str
    address: str
    prefix: int
    gateway: str

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        links.furnish(self.device, self.address, self.prefix, self.gateway)


@dataclass(frozen=True, slots=True)
class CallResolver:
    """Connect to it while its path is in sight."""

    path: str

    def apply(self, held: Held) -> None:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        channel.connect(self.path)
        held.resolver = channel.detach()


@dataclass(frozen=True, slots=True)
class HandToResolver:
    """Two sockets of the network at hand, and the word when its first process ends."""

    container: str

    def apply(self, held: Held) -> None:
        ended = pidfd_open(held.first)
        udp, tcp = resolver_sockets()
        with socket.socket(fileno=held.resolver) as channel, udp, tcp:
            held.resolver = -1
            said = json.dumps({"room": self.container}).encode()
            socket.send_fds(channel, [said], [udp.fileno(), tcp.fileno(), ended])
        os.close(ended)


@dataclass(frozen=True, slots=True)
class Sysctl:
    """A switch of the namespaces at hand; one that this kernel lacks is passed over."""

    name: str  # net/ipv4/ip_forward
    value: str
    owner: int = 0  # Whom the kernel expects to write it.
    needed: bool = False  # Somebody asked for it: not to be passed over.

    def apply(self, held: Held) -> None:
        if not self.owner:
            self._write(held.procfs)
            return
        os.seteuid(self.owner)
        try:
            self._write(held.procfs)
        finally:
            os.seteuid(0)

    def _write(self, procfs: int) -> None:
        try:
            file = os.open(f"sys/{self.name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=procfs)
        except FileNotFoundError:
            if self.needed:
                raise
            return
        try:
            os.write(file, self.value.encode())
        finally:
            os.close(file)
