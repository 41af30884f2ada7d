"""The control groups of containers: terrarium-KEY/<first 12 of the id> in every hierarchy."""

from __future__ import annotations

from pathlib import Path

from sandbox.kernel.cgroups.group import Group
from sandbox.kernel.cgroups.hierarchies import Hierarchies

_SHORT = 12
_PATIENCE = 10.0  # seconds for killed processes to be gone


def name_of(key: str, identity: str) -> str:
    """The outer group, which carries the limits."""
    return f"terrarium-{key}/{identity[:_SHORT]}"


def group_of(key: str, identity: str) -> Group:
    """The outer group, made or not."""
    return Hierarchies.probe().group(name_of(key, identity))


def box_of(key: str, identity: str) -> Group:
    """The group that holds the container's processes: a lab's box, an ordinary one's outer."""
    outer = group_of(key, identity)
    box = outer.child("box")
    return box if box.exists() else outer


def end(key: str, identity: str) -> list[str]:
    """Kill whatever is left in a container's groups and remove them; what would not go."""
    group = group_of(key, identity)
    if not group.exists():
        return []
    group.kill()
    if not group.wait_empty(_PATIENCE):
        return [f"process {pid}" for pid in group.processes()]
    return group.remove()


def sweep(key: str, known: set[str]) -> list[str]:
    """Remove the groups of containers that nobody knows; their short ids."""
    hierarchies = Hierarchies.probe()
    short = {identity[:_SHORT] for identity in known}
    found = {
        entry.name
        for one in hierarchies
        for entry in (Path(one.mountpoint) / f"terrarium-{key}").glob("*/")
    }
    strays = sorted(found - short)
    for name in strays:
        end(key, name)
    return strays


def remove_top(key: str) -> None:
    """Remove the engine's own top group if nothing is in it."""
    top = Hierarchies.probe().group(f"terrarium-{key}")
    if top.exists() and not top.processes():
        top.remove()
