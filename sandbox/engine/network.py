"""Networks and their records: NETWORKS/<id>.json, replaced by write and rename.

none and host are there without a record; the default bridge has one from the first start on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from sandbox.engine.clock import rfc3339
from sandbox.engine.errors import Ambiguous, NoSuchNetwork
from sandbox.engine.store import write_json

log = logging.getLogger(__name__)
BRIDGE, HOST, NONE = "bridge", "host", "none"
CONTAINER = "container:"  # Before the name of another: its network is shared.
PREDEFINED = (BRIDGE, HOST, NONE)
MTU = "com.docker.network.driver.mtu"
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"
BINDING = "com.docker.network.bridge.host_binding_ipv4"
_SHORT = 6


@dataclass(frozen=True, slots=True)
class Network:
    """One network."""

    id: str
    name: str
    created: str  # RFC 3339
    driver: str
    subnet: str = ""
    gateway: str = ""
    ip_range: str = ""
    auxiliary: Mapping[str, str] = field(default_factory=dict)  # Addresses that nobody gets.
    ipam: tuple[dict[str, Any], ...] = ()  # IPAM.Config as `inspect` shows it.
    ipam_options: Mapping[str, str] | None = None
    subnet_asked: bool = False
    internal: bool = False
    attachable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    link: str = ""  # The bridge's device.

    @property
    def predefined(self) -> bool:
        """Whether it is always there."""
        return self.name in PREDEFINED

    @property
    def mtu(self) -> int:
        """0: the kernel's own."""
        value = self.options.get(MTU, "")
        return int(value) if value.isdecimal() else 0

    @property
    def masquerades(self) -> bool:
        """Whether its containers reach what is outside."""
        return not self.internal and self.options.get(MASQUERADE, "true").lower() != "false"

    @property
    def prefix(self) -> int:
        """The length of the subnet's prefix."""
        return IPv4Network(self.subnet).prefixlen


class NetworkStore:
    """All networks of one engine, and the lock under which their devices and rules change."""

    def __init__(self, directory: Path, key: str) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key = key
        self.lock = asyncio.Lock()
        self.made: set[str] = set()  # Ids of those whose bridge is there.
        self.leaving: dict[str, set[str]] = {}  # Addresses whose device is going, by network.
        self.warnings: list[str] = []  # What could not be switched on here.
        self._networks: dict[str, Network] = {}

    @property
    def prefix(self) -> str:
        """How the names of this engine's bridges begin; a device's name has 15 characters."""
        return f"tb{self.key[:_SHORT]}"

    @property
    def pair_prefix(self) -> str:
        """The same of our ends of pairs."""
        return f"tv{self.key[:_SHORT]}"

    def load(self) -> None:
        """Read what there is."""
        for file in sorted(self.directory.glob("*.json")):
            try:
                said = json.loads(file.read_bytes())
                network = Network(**{**said, "ipam": tuple(said["ipam"])})
            except (ValueError, KeyError, TypeError) as error:
                log.error("network %s: unreadable: %s", file.stem, error)  # noqa: TRY400 - no fault of ours
                continue
            self._networks[network.id] = network
        now = rfc3339(time.time_ns())
        for name, driver in ((HOST, "host"), (NONE, "null")):
            if not self.by_name(name):
                self.keep(Network(secrets.token_hex(32), name, now, driver))

    def every(self) -> list[Network]:
        """All of them, oldest first."""
        return sorted(self._networks.values(), key=lambda network: network.created)

    def find(self, name: str) -> Network:
        """By id, name or prefix of the id. Raises NoSuchNetwork, Ambiguous."""
        if found := self._networks.get(name) or self.by_name(name):
            return found
        near = [network for network in self._networks.values() if network.id.startswith(name)]
        if len(near) > 1:
            raise Ambiguous(f"network {name} is ambiguous ({len(near)} matches found on ID prefix)")
        if not near or not name:
            raise NoSuchNetwork(name)
        return near[0]

    def by_name(self, name: str) -> Network | None:
        """The network of exactly that name."""
        return next((n for n in self._networks.values() if n.name == name), None)

    def subnets(self) -> Iterator[IPv4Network]:
        """Those that are given away."""
        for network in self._networks.values():
            if network.subnet:
                yield IPv4Network(network.subnet)

    def device(self, identity: str) -> str:
        """The name of a new bridge."""
        return f"{self.prefix}{identity[:_SHORT]}"

    def link(self, endpoint: str) -> str:
        """The name of our end of a new pair."""
        return f"{self.pair_prefix}{endpoint[:_SHORT]}"

    def keep(self, network: Network) -> None:
        """Record it, or its change."""
        write_json(self.directory / f"{network.id}.json", asdict(network))
        self._networks[network.id] = network

    def forget(self, network: Network) -> None:
        """Its record goes."""
        (self.directory / f"{network.id}.json").unlink(missing_ok=True)
        self._networks.pop(network.id, None)
        self.made.discard(network.id)
