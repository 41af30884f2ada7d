"""The probe `cg`: a control group of the lab, in terms that v1, v2 and hybrid hosts share."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.comparison import Value, describe, satisfies, shown
from course.exercises.conditions import CGROUP_FIELDS, USAGE, Cg
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Cgroup, Process

MEASURING = Text(zh="正在测量", en="being measured")


def solve(probe: Cg, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """One binding when the group is there and as asked (or, with `exists: false`, is not there)."""
    if _blind(probe, sight):
        return
    group = _find(probe.of, bindings, sight)
    if group is None and sight.cut("cgroups"):
        return
    if group is None or not probe.exists:
        if (group is not None) == probe.exists:
            yield bindings
        else:
            found = Text(zh="没有这个控制组", en="no such group")
            sight.miss(same(probe.of), found if group is None else same(group.path))
        return
    if not _fits(probe, group, sight):
        return
    if probe.populated is not None and probe.populated != _populated(group, sight):
        sight.miss(same(f"{group.path}: populated = {shown(probe.populated)}"), same("≠"))
        return
    yield bindings if probe.bind is None else {**bindings, probe.bind: group}


def _fits(probe: Cg, group: Cgroup, sight: Sight) -> bool:
    for done, (key, expected) in enumerate(probe.where.items()):
        value = _value(group, key, sight)
        if key == USAGE and value is None:
            sight.unavailable(MEASURING)
            return False
        if not satisfies(expected, value):
            sight.miss(
                same(f"{group.path}: {key} {describe(expected)}"),
                same(shown(value)),
                closeness=(done + 1) / (len(probe.where) + 2),
            )
            return False
    return True


def _blind(probe: Cg, sight: Sight) -> bool:
    """Whether the host lacks a controller that is asked about."""
    controllers = {"mem": "cgroup.memory", "cpu": "cgroup.cpu", "pids": "cgroup.pids"}
    for key in probe.where:
        feature = controllers.get(key.split(".")[0])
        if feature and feature not in sight.evidence.snapshot.features:
            sight.unavailable(
                Text(zh=f"这台机器没有 {feature}", en=f"this machine has no {feature}")
            )
            return True
    return False


def _value(group: Cgroup, key: str, sight: Sight) -> Value:
    if key != USAGE:
        value: Value = getattr(group, CGROUP_FIELDS[key])
        return value
    earlier = sight.evidence.earlier
    before = earlier.usage.get(group.path) if earlier else None
    # Less than before: the group was made anew under the same name.
    if earlier is None or before is None or (group.cpu_usage or 0) < before:
        return None
    seconds = sight.evidence.snapshot.taken - earlier.taken
    return round(100 * ((group.cpu_usage or 0) - before) / 1e9 / seconds, 1)


def _find(of: str, bindings: Bindings, sight: Sight) -> Cgroup | None:
    groups = {group.path: group for group in sight.evidence.snapshot.cgroups}
    bound = bindings.get(of)
    match bound:
        case Cgroup():
            return groups.get(bound.path)
        case Process():
            holding = [group for group in groups.values() if bound.pid in group.pids]
            # On a hybrid host a process has several paths; the deepest is the one it was moved to.
            return max(holding, key=lambda group: len(group.path), default=None)
        case None:
            return groups.get(of)


def _populated(group: Cgroup, sight: Sight) -> bool:
    below = group.path.rstrip("/") + "/"
    return any(
        one.pids
        for one in sight.evidence.snapshot.cgroups
        if one.path == group.path or one.path.startswith(below)
    )
