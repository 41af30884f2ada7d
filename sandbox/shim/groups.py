"""The control groups of one container: an outer one with the limits, and a lab's box inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.boot.plan import Fence
    from sandbox.kernel.cgroups.group import Group
    from sandbox.kernel.cgroups.hierarchies import Hierarchies


def make(hierarchies: Hierarchies, fence: Fence) -> Group:
    """Make them; the one to run in. The outer stays root's: a lab's root changes its box only.

    OSError as cgroupfs gives it; what was made stays for the engine to take away.
    """
    outer = hierarchies.group(fence.outer)
    outer.create()
    outer.limit(memory=fence.memory or None, pids=fence.pids or None, cpu=fence.cpu or None)
    box = outer.child("box")
    if hierarchies.has("devices") and not box.exists():
        outer.restrict_devices()
    if not fence.boxed:
        return outer
    box.create()
    if fence.owner:
        box.delegate(fence.owner, fence.owner)
    return box
