"""The steps of a container's network: a pair of devices, an address, a route, three switches."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sandbox.boot.steps import Held
from sandbox.kernel import links


@dataclass(frozen=True, slots=True)
class Veth:
    """A pair between a bridge here and a device in the first process's network namespace."""

    name: str
    bridge: str
    device: str
    hardware: str
    mtu: int

    def apply(self, held: Held) -> None:
        links.add_veth(
            self.name, self.bridge, self.device, self.hardware, held.network, mtu=self.mtu
        )


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
class Sysctl:
    """A switch of the network namespace; one that this kernel does not have is passed over."""

    name: str  # net/ipv4/ip_forward
    value: str

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        try:
            file = os.open(f"/proc/sys/{self.name}", os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            os.write(file, self.value.encode())
        finally:
            os.close(file)
