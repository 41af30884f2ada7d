"""Who is called what, on which network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A container on one network."""

    names: tuple[str, ...]
    full_name: str  # With the network's, for the way back from an address.
    address: str


@dataclass(frozen=True, slots=True)
class Places:
    """All of one container's networks, and who is asked for what is not found there."""

    networks: Mapping[str, Place]
    upstream: tuple[str, ...] = ()


class Table:
    """Changed by the engine, read by questions."""

    def __init__(self) -> None:
        self.places: dict[str, Places] = {}
        self._addresses: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self._turn = 0

    def put(self, container: str, places: Places) -> None:
        """A container's places from now on."""
        self.drop(container)
        self.places[container] = places
        for network, place in places.networks.items():
            for name in (*place.names, place.full_name):
                self._addresses[network, name.lower()][container] = place.address

    def drop(self, container: str) -> None:
        """Nobody finds it any more."""
        old = self.places.pop(container, None)
        for network, place in old.networks.items() if old else ():
            for name in (*place.names, place.full_name):
                there = self._addresses[network, name.lower()]
                there.pop(container, None)
                if not there:
                    del self._addresses[network, name.lower()]

    def keep(self, containers: set[str]) -> None:
        """Drop all others."""
        for container in set(self.places) - containers:
            self.drop(container)

    def addresses(self, container: str, name: str) -> list[str]:
        """Of that name on the container's networks."""
        there = self.places.get(container)
        if there is None:
            return []
        found: list[str] = []
        for network in there.networks:
            found += self._addresses.get((network, name), {}).values()
        return found

    def in_turn(self, found: list[str]) -> list[str]:
        """Each time another one first."""
        self._turn += 1
        turn = self._turn % len(found)
        return found[turn:] + found[:turn]

    def name_of(self, container: str, address: str) -> str:
        """Who has an address on one of the container's networks, "" when nobody."""
        there = self.places.get(container)
        for network in there.networks if there else ():
            for places in self.places.values():
                place = places.networks.get(network)
                if place and place.address == address:
                    return place.full_name
        return ""
