"""The host's hierarchies together: the door to every group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.kernel.cgroups import hierarchy
from sandbox.kernel.cgroups.group import Group
from sandbox.kernel.cgroups.hierarchy import Hierarchy


@dataclass(frozen=True, slots=True)
class Hierarchies:
    """What probe() found; iterating gives each hierarchy with the options to mount it again."""

    found: tuple[Hierarchy, ...]
    unmounted: tuple[str, ...] = ()  # Active, but mounted nowhere here: no group can be made there.

    @classmethod
    def probe(cls) -> Hierarchies:
        """As mounted in this process's mount namespace."""
        found = hierarchy.probe()
        own = Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="surrogateescape")
        return cls(found, hierarchy.unmounted(own, found))

    def __iter__(self) -> Iterator[Hierarchy]:
        return iter(self.found)

    def group(self, name: str) -> Group:
        """A group by its path below the hierarchies' mounted roots; not created yet.

        ValueError for the roots themselves: to end that group would be to end the host.
        """
        if not name.strip("/"):
            raise ValueError("a control group without a name")
        return Group(name.strip("/"), self.found)

    def has(self, controller: str) -> bool:
        """Whether memory, pids, cpu, devices, ... can be set on some hierarchy."""
        return any(controller in one.controllers for one in self.found)
