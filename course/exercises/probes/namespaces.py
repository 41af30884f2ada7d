"""The probes `ns`, `uts` and `procfs`: which namespaces, which host name, whose processes."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.comparison import describe, satisfies, shown
from course.exercises.conditions import Ns, Procfs, Uts
from course.exercises.probes.wording import about, relation
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Process

OLDEST = 6
MOST_FOREIGN = 60  # Bounds the looks of one sample.
GONE = Text(zh="这个进程已经不在了", en="that process is gone")


def compare(probe: Ns, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Two processes in the same namespace of a type, or in different ones."""
    other_name = probe.same_as if probe.same_as is not None else probe.differs_from
    assert other_name is not None  # The schema's promise.
    subject, other = sight.process(probe.of, bindings), sight.process(other_name, bindings)
    sign = "=" if probe.same_as is not None else "≠"
    wanted = relation(probe.type, other_name, same=sign == "=")
    if subject is None or other is None:
        sight.miss(wanted, GONE)
        return
    ours, theirs = subject.namespaces.get(probe.type), other.namespaces.get(probe.type)
    if ours is not None and theirs is not None and (ours == theirs) == (sign == "="):
        yield bindings
        return
    found = relation(probe.type, other_name, same=ours == theirs)
    sight.miss(wanted, about(sight.evidence.name(subject), found))


def host_name(probe: Uts, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """The host name in the process's UTS namespace."""
    subject = sight.process(probe.of, bindings)
    if subject is None:
        sight.miss(same(f"hostname {describe(probe.hostname)}"), GONE)
        return
    name = sight.evidence.snapshot.hostnames.get(subject.namespaces.get("uts", 0))
    if satisfies(probe.hostname, name):
        yield bindings
        return
    if name is None and sight.cut("namespaces"):
        return
    sight.miss(
        same(f"hostname {describe(probe.hostname)}"),
        same(f"{shown(name)} ({sight.evidence.name(subject)})"),
    )


def proc_view(probe: Procfs, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether the process's /proc knows the members of its own pid namespace and nobody else.

    The mount must be a proc file system: a directory of invented numbers proves nothing.
    """
    subject = sight.process(probe.of, bindings)
    wanted = Text(
        zh="/proc 只列出自己 PID 命名空间里的进程",
        en="/proc lists the processes of its own PID namespace only",
    )
    if subject is None:
        sight.miss(wanted, GONE)
        return
    own, foreign = _numbers(subject, sight)
    listed = {number: sight.look(subject, f"/proc/{number}", "stat") for number in own | foreign}
    if None in listed.values():
        return
    visible = {number for number, seen in listed.items() if seen is not None and seen.exists}
    is_own = _real_proc(subject, sight) and own <= visible and not visible & foreign
    if is_own == (probe.shows == "own"):
        yield bindings
        return
    strangers = ", ".join(map(str, sorted(visible & foreign)[:5]))
    sight.miss(wanted, same(f"{sight.evidence.name(subject)}: /proc/{{{strangers or '—'}}}"))


def _real_proc(subject: Process, sight: Sight) -> bool:
    mounts = sight.evidence.snapshot.mounts.get(subject.namespaces.get("mnt", 0), ())
    path = subject.root.rstrip("/") + "/proc"
    there = [mount for mount in mounts if mount.target == path]
    return bool(there) and there[-1].fstype == "proc"


def _numbers(subject: Process, sight: Sight) -> tuple[set[int], set[int]]:
    """Process ids that the subject's own /proc must have, and ids that only another one has.

    Of its own only the oldest: one that ends between snapshot and look must not count as hidden.
    """
    level = len(subject.nspid) - 1
    everybody = sorted(sight.evidence.snapshot.processes, key=lambda one: one.start)
    members = [one for one in everybody if _sees(subject, one, sight)]
    numbers = {one.nspid[level] for one in members}
    others = {number for one in everybody for number in one.nspid[1:]} - numbers
    return {one.nspid[level] for one in members[:OLDEST]}, set(sorted(others)[:MOST_FOREIGN])


def _sees(subject: Process, other: Process, sight: Sight) -> bool:
    """Whether the other process is in the subject's pid namespace or in one below it."""
    if len(other.nspid) < len(subject.nspid):
        return False
    if other.namespaces.get("pid") == subject.namespaces.get("pid"):
        return True
    init = sight.evidence.init
    return init is not None and subject.namespaces.get("pid") == init.namespaces.get("pid")
