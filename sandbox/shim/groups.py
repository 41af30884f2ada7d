"""The control groups of one container: an outer one with the limits, and a box inside it to run in.

The outer group stays root's: a lab's root changes its box only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.boot.plan import BOX

if TYPE_CHECKING:
    from sandbox.boot.plan import Fence
    from sandbox.kernel.cgroups.group import Group
    from sandbox.kernel.cgroups.hierarchies import Hierarchies


def make(hierarchies: Hierarchies, name: str) -> Group:
    """Make both, without limits; the box.

    OSError as cgroupfs gives it; what was made stays for whoever named them to take away.
    """
    outer = hierarchies.group(name)
    outer.create()
    box = outer.child(BOX)
    if hierarchies.has("devices") and not box.exists():
        outer.restrict_devices()
    box.create()
    return box


def limit(hierarchies: Hierarchies, fence: Fence) -> None:
    """Set the limits, and give the box to its owner. OSError as cgroupfs gives it."""
    outer = hierarchies.group(fence.outer)
    outer.limit(memory=fence.memory or None, pids=fence.pids or None)
    if fence.cpu:
        outer.limit_cpu(fence.cpu, period=fence.period)
    if fence.shares:
        outer.share_cpu(fence.shares)
    if fence.owner:
        outer.child(BOX).delegate(fence.owner, fence.owner)
