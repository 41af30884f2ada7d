"""The control groups of one container, as its engine ends them; its shim has made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.kernel.cgroups.hierarchies import Hierarchies

if TYPE_CHECKING:
    from sandbox.kernel.cgroups.group import Group

PATIENCE = 5.0  # seconds for killed processes to be gone


def take_away(group: Group) -> None:
    """Kill what is in it and remove it; that it was never made is fine."""
    if not group.exists():
        return
    group.kill()
    group.wait_empty(PATIENCE)
    group.remove()


def oom_kills(name: str) -> int:
    """How often the kernel killed for memory in a group and everything below it."""
    group = Hierarchies.probe().group(name)
    if not group.exists():
        return 0
    return sum(one.state().memory_oom_kills or 0 for _, one in group.walk())
