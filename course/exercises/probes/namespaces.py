"""The probes `ns`, `uts` and `procfs`: which namespaces, which host name, whose processes."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.comparison import describe, satisfies, shown
from course.exercises.conditions import Ns, Procfs, Uts
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Process

GONE = Text(zh="这个进程已经不在了", en="that process is gone")


def compare(probe: Ns, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Two processes in the same namespace of a type, or in different ones."""
    other_name = probe.same_as if probe.same_as is not None else probe.differs_from
    assert other_name is not None  # The schema's promise.
    subject, other = sight.process(probe.of, bindings), sight.process(other_name, bindings)
    sign = "=" if probe.same_as is not None else "≠"
    wanted = same(f"{probe.of}: ns.{probe.type} {sign} {other_name}")
    if subject is None or other is None:
        sight.miss(wanted, GONE)
        return
    ours, theirs = subject.namespaces.get(probe.type), other.namespaces.get(probe.type)
    if ours is not None and theirs is not None and (ours == theirs) == (sign == "="):
        yield bindings
        return
    relation = "=" if ours == theirs else "≠"
    sight.miss(
        wanted, same(f"{sight.evidence.name(subject)}: ns.{probe.type} {relation} {other_name}")
    )


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
    sight.miss(
        same(f"hostname {describe(probe.hostname)}"),
        same(f"{shown(name)} ({sight.evidence.name(subject)})"),
    )


def proc_view(probe: Procfs, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether the process's /proc lists the members of its own pid namespace and no others.

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
    listed = sight.look(subject, "/proc", "names")
    if listed is None:
        return
    shown_ids = {name for name in listed.names if name.isdigit()}
    own = _real_proc(subject, sight) and shown_ids == _members(subject, sight)
    if own == (probe.shows == "own"):
        yield bindings
        return
    sight.miss(
        wanted,
        Text(
            zh=f"{sight.evidence.name(subject)} 的 /proc 里有 {len(shown_ids)} 个进程，"
            f"它的命名空间里有 {len(_members(subject, sight))} 个",
            en=f"{len(shown_ids)} processes in the /proc of {sight.evidence.name(subject)}, "
            f"{len(_members(subject, sight))} in its namespace",
        ),
    )


def _real_proc(subject: Process, sight: Sight) -> bool:
    mounts = sight.evidence.snapshot.mounts.get(subject.namespaces.get("mnt", 0), ())
    path = subject.root.rstrip("/") + "/proc"
    there = [mount for mount in mounts if mount.target == path]
    return bool(there) and there[-1].fstype == "proc"


def _members(subject: Process, sight: Sight) -> set[str]:
    """The inner ids of everything in the subject's pid namespace."""
    space = subject.namespaces.get("pid")
    return {
        str(one.nspid[-1])
        for one in sight.evidence.snapshot.processes
        if one.namespaces.get("pid") == space and one.nspid
    }
