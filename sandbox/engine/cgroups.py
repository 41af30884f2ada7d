"""The control groups of containers: terrarium-KEY/<name> in every hierarchy, chosen at each start.

The name is not the container's: its groups were made before anybody asked for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.boot.plan import BOX
from sandbox.kernel.cgroups.group import Group
from sandbox.kernel.cgroups.hierarchies import Hierarchies

if TYPE_CHECKING:
    from sandbox.engine.record import Record

_SHORT = 12
_PATIENCE = 10.0  # seconds for killed processes to be gone


def top(key: str) -> str:
    """The group above those of all containers of an engine."""
    return f"terrarium-{key}"


def name_of(key: str, record: Record) -> str:
    """The outer group, which carries the limits."""
    # A container that an engine before November 2026 started is in a group of its own id.
    return record.status.cgroup or f"{top(key)}/{record.id[:_SHORT]}"


def group_of(key: str, record: Record) -> Group:
    """The outer group, made or not."""
    return Hierarchies.probe().group(name_of(key, record))


def box_of(key: str, record: Record) -> Group:
    """The group that holds the container's processes."""
    outer = group_of(key, record)
    box = outer.child(BOX)
    return box if box.exists() else outer


def end(key: str, record: Record) -> list[str]:
    """Kill whatever is left in a container's groups and remove them; what would not go."""
    return _end(group_of(key, record))


def deserted(key: str, record: Record) -> bool:
    """Whether nobody is left in a container's groups; what remains of them is for end()."""
    return group_of(key, record).is_deserted(BOX)


def sweep(key: str, known: set[str]) -> list[str]:
    """Remove the groups that are none of these; their names."""
    hierarchies = Hierarchies.probe()
    found = {
        f"{top(key)}/{entry.name}"
        for one in hierarchies
        for entry in (Path(one.mountpoint) / top(key)).glob("*/")
    }
    strays = sorted(found - known)
    for name in strays:
        _end(hierarchies.group(name))
    return strays


def remove_top(key: str) -> None:
    """Remove the engine's own top group if nothing is in it."""
    group = Hierarchies.probe().group(top(key))
    if group.exists() and not group.processes():
        group.remove()


def _end(group: Group) -> list[str]:
    if group.remove_deserted(BOX):
        return []
    group.kill()
    if not group.wait_empty(_PATIENCE):
        return [f"process {pid}" for pid in group.processes()]
    return group.remove()
