"""A container's place on one network: what was asked for, and what it has while it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of a container's networks."""

    network: str  # Its name, or what the creator wrote.
    aliases: tuple[str, ...] = ()
    ipam: dict[str, Any] | None = None  # IPAMConfig as it was sent.
    options: dict[str, str] | None = None  # DriverOpts
    hardware_asked: str = ""
    # While it runs:
    id: str = ""
    network_id: str = ""
    device: str = ""  # In the container: eth0.
    link: str = ""  # Our end of the pair.
    address: str = ""
    prefix: int = 0
    gateway: str = ""
    hardware: str = ""

    @property
    def address_asked(self) -> str:
        """--ip"""
        return str((self.ipam or {}).get("IPv4Address") or "")

    def left(self) -> Self:
        """As it is when the container does not run."""
        blank = dict.fromkeys(("id", "device", "link", "address", "gateway", "hardware"), "")
        return replace(self, prefix=0, **blank)  # type: ignore[arg-type]  # all of these are str


@dataclass(frozen=True, slots=True)
class Published:
    """One port of the host that leads into the container."""

    port: str  # "80/tcp"
    host_ip: str
    host_port: int

    @property
    def protocol(self) -> str:
        """tcp or udp."""
        return self.port.partition("/")[2]

    @property
    def number(self) -> int:
        """The container's port."""
        return int(self.port.partition("/")[0])
