"""The control groups of a container as values, and which process is where."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass

from sandbox.kernel.cgroups.group import Group
from sandbox.observe.procfs import text
from sandbox.observe.snapshot import Cgroup

MAX_GROUPS = 200  # version 1 cannot bound their number
MAX_SECONDS = 0.5
_TOLD = ("memory", "pids", "cpu", "freezer")


@dataclass(frozen=True, slots=True)
class Tree:
    """The groups of a container; paths are below the container's own group, "/" is that group."""

    cgroups: tuple[Cgroup, ...]
    paths: dict[int, str]  # host pid → its group
    features: tuple[str, ...]  # "cgroup.memory": this host can tell
    truncated: bool


def tree_of(group: Group) -> Tree:
    """The group and what is below it now, at most MAX_GROUPS of them, parents first."""
    found: list[Cgroup] = []
    paths: dict[int, str] = {}
    truncated = False
    deadline = time.monotonic() + MAX_SECONDS
    for path, below in group.walk():
        if len(found) == MAX_GROUPS or time.monotonic() > deadline:
            truncated = True
            break
        shown = text(os.fsencode(path))
        # 0 is a process of a pid namespace that is not below ours: not the container's.
        pids = tuple(pid for pid in below.members() if pid)
        found.append(Cgroup(path=shown, pids=pids, **asdict(below.state())))
        for pid in pids:
            paths[pid] = _deeper(paths.get(pid), shown)
    return Tree(tuple(found), paths, _features(group), truncated)


def _deeper(known: str | None, path: str) -> str:
    # On version 1 a process has a place in each hierarchy; the one that somebody chose for it is
    # below the one where it began.
    if known is None or path.count("/") > known.count("/") or known == "/":
        return path
    return known


def _features(group: Group) -> tuple[str, ...]:
    controllers = {name for one in group.hierarchies for name in one.controllers}
    if any(one.version == 2 for one in group.hierarchies):  # noqa: PLR2004  # as in kernel/cgroups
        controllers.add("freezer")  # A part of version 2 itself since Linux 5.2.
    return tuple(f"cgroup.{name}" for name in _TOLD if name in controllers)
