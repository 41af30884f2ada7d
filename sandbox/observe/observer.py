"""observe() reads one Snapshot of a container; look() answers questions about paths in it.

Both block for milliseconds and may be called from any thread: what needs another namespace happens
in threads of its own. Both are bounded against a container that wants them to take long; what a
bound cut off is named in Snapshot.features as "truncated.WHAT".
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sandbox.kernel.cgroups.group import Group
from sandbox.kernel.namespaces import CLONE
from sandbox.observe.groups import Tree, tree_of
from sandbox.observe.inside import hostname, in_each, in_own_thread
from sandbox.observe.kept import kept_doors
from sandbox.observe.links import LinkTable, links
from sandbox.observe.looks import Request
from sandbox.observe.mounts import MAX_BYTES, MountTable, mounts_of
from sandbox.observe.owners import with_owners
from sandbox.observe.processes import Reading, only_inner_parents
from sandbox.observe.procfs import pinned
from sandbox.observe.residents import Residents, doors, first, residents
from sandbox.observe.snapshot import Look, Mount, Process, Seen, Snapshot
from sandbox.observe.sockets import SocketTable, sockets

Item = TypeVar("Item")
MAX_PROCESSES = 1000
MAX_SECONDS = 0.5  # 256 processes with 65 536 groups each are 180 MB of status files
# A namespace that uses TCP costs 10 ms: the host's whole hash of sockets is walked for it, twice.
NETWORK_SECONDS = 0.1
# Over all namespaces: a Snapshot is asked for each second and must not become megabytes of JSON.
MAX_MOUNTINFO = 1 << 19  # bytes
MAX_SOCKETS = 2000
MAX_LINKS = 1000
MAX_ROUTES = 1000


def observe(container: str, init: int, group: Group) -> Snapshot:
    """What the kernel says of a container now.

    init: host pid of its first process; group: the group that holds its processes. A process that
    ends meanwhile is left out. Raises OSError when the group itself is gone.
    """
    return _Observation(container, init, time.monotonic(), tree_of(group)).snapshot()


def look(group: Group, looks: Sequence[Look]) -> tuple[Seen, ...]:
    """One answer for each question, in order; a process that is not in group is "gone"."""
    return Request(lambda: frozenset(group.processes())).answer(looks)


@dataclass(frozen=True, slots=True)
class _Inside:
    """What is read inside UTS and network namespaces, by their inodes."""

    hostnames: dict[int, str]
    network: dict[int, tuple[SocketTable, LinkTable]]


@dataclass(slots=True)
class _Observation:
    container: str
    init: int
    taken: float
    tree: Tree
    cut: set[str] = field(default_factory=set)  # what a bound cut off

    def snapshot(self) -> Snapshot:
        processes = self._processes()
        spaces = self._some(processes, "mnt")
        mounts = self._mounts(spaces)
        inside = self._inside(processes, mounts, spaces)
        network = inside.network.items()
        sockets_of = self._within({inode: seen[0].sockets for inode, seen in network}, MAX_SOCKETS)
        links_of = self._within({inode: seen[1].links for inode, seen in network}, MAX_LINKS)
        routes_of = self._within({inode: seen[1].routes for inode, seen in network}, MAX_ROUTES)
        tables = [table for pair in inside.network.values() for table in pair]
        owned = with_owners(sockets_of, processes)
        self.cut |= {"owners"} if owned.truncated else set()
        self.cut |= {"network"} if any(table.truncated for table in tables) else set()
        self.cut |= {"cgroups"} if self.tree.truncated else set()
        return Snapshot(
            container=self.container,
            init=self.init,
            taken=self.taken,
            processes=processes,
            mounts=mounts,
            hostnames=inside.hostnames,
            cgroups=self.tree.cgroups,
            sockets=owned.sockets,
            links=links_of,
            routes=routes_of,
            features=self.tree.features + tuple(f"truncated.{what}" for what in sorted(self.cut)),
        )

    def _processes(self) -> tuple[Process, ...]:
        reading = Reading(self.tree.paths)
        found: list[Process] = []
        # Init first, the others in the order of their pids: what is cut off is always the newest.
        order = sorted(self.tree.paths, key=lambda pid: (pid != self.init, pid))
        for pid in order:
            if len(found) >= MAX_PROCESSES or time.monotonic() > self.taken + MAX_SECONDS:
                self.cut.add("processes")
                break
            process = reading.process(pid)
            if process is not None:
                found.append(process)
                found += islice(reading.zombies(process), MAX_PROCESSES - len(found))
        return only_inner_parents(found)

    def _some(self, processes: tuple[Process, ...], kind: str) -> Residents:
        found = residents(processes, kind)
        some = first(found)
        if len(some) < len(found):
            self.cut.add("namespaces")
        return some

    def _mounts(self, spaces: Residents) -> dict[int, tuple[Mount, ...]]:
        found: dict[int, tuple[Mount, ...]] = {}
        left = MAX_MOUNTINFO
        for inode, lodgers in spaces.items():
            table = _first_table(inode, lodgers, min(left, MAX_BYTES))
            if table is None:
                continue
            found[inode] = table.mounts
            left -= table.size
            if table.truncated:
                self.cut.add("mounts")
        return found

    def _within(self, found: dict[int, tuple[Item, ...]], left: int) -> dict[int, tuple[Item, ...]]:
        """The first of them, so that no more than left are told of all namespaces together."""
        kept: dict[int, tuple[Item, ...]] = {}
        for inode, items in found.items():
            kept[inode] = items[:left]
            left -= len(kept[inode])
            if len(kept[inode]) < len(items):
                self.cut.add("network")
        return kept

    def _inside(
        self,
        processes: tuple[Process, ...],
        mounts: dict[int, tuple[Mount, ...]],
        lodgers: Residents,
    ) -> _Inside:
        with ExitStack() as undo:
            hosts = doors(self._some(processes, "uts"), "uts", undo)
            networks = doors(self._some(processes, "net"), "net", undo)
            networks |= kept_doors(
                mounts, {space: found[0].pid for space, found in lodgers.items()}, networks, undo
            )
            until = time.monotonic() + NETWORK_SECONDS
            return in_own_thread(
                lambda: _Inside(
                    in_each(hosts, CLONE.NEWUTS, lambda _: hostname()),
                    in_each(
                        networks,
                        CLONE.NEWNET,
                        lambda own: (_sockets(until), links(own, networks)),
                    ),
                )
            )


def _sockets(until: float) -> SocketTable:
    return sockets() if time.monotonic() < until else SocketTable((), truncated=True)


def _first_table(inode: int, lodgers: list[Process], limit: int) -> MountTable | None:
    for process in lodgers:
        try:
            with pinned(process.pid) as directory:
                table = mounts_of(directory, inode, limit=limit)
        except OSError:
            continue
        if table is not None:
            return table
    return None
