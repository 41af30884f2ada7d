"""The control groups of one container: an outer one with the limits, and the box inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.plan import LAB
from sandbox.kernel.cgroups.hierarchies import Hierarchies

if TYPE_CHECKING:
    from sandbox.engine.spec import LaunchSpec
    from sandbox.kernel.cgroups.group import Group

PATIENCE = 5.0  # seconds for killed processes to be gone


def make(hierarchies: Hierarchies, spec: LaunchSpec) -> None:
    """The outer stays root's; only a lab has a box, its own where the profile says so."""
    outer = hierarchies.group(spec.cgroup)
    outer.create()
    limits = spec.limits
    outer.limit(memory=limits.memory or None, pids=limits.pids or None, cpu=limits.cpu or None)
    box = outer.child("box")
    if not box.exists() and hierarchies.has("devices"):
        outer.restrict_devices()
    if spec.runtime != LAB:
        return
    box.create()
    if spec.profile != "plain":
        box.delegate(spec.id_base, spec.id_base)


def take_away(group: Group) -> None:
    """Kill what is in it and remove it."""
    group.kill()
    group.wait_empty(PATIENCE)
    group.remove()


def oom_kills(name: str) -> int:
    """How often the kernel killed for memory in a group and everything below it."""
    group = Hierarchies.probe().group(name)
    if not group.exists():
        return 0
    return sum(one.state().memory_oom_kills or 0 for _, one in group.walk())
