"""The probe `proc`: some process of the lab for which every predicate holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from course.exercises.comparison import Expectation, Value, describe, satisfies, shown
from course.exercises.conditions import Proc
from course.exercises.probes.wording import about, joined, relation
from course.exercises.sight import Bindings, Evidence, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import IdRange, Process

Field = Callable[[Process, Evidence], Value]


def solve(probe: Proc, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """One binding per fitting process; with `count`, one binding when their number fits."""
    fitting = (
        process
        for process in sight.evidence.snapshot.processes
        if _fits(process, probe.where, bindings, sight)
    )
    if probe.count is not None:
        number = sum(1 for _ in fitting)
        if sight.cut("processes"):
            return
        if satisfies(probe.count, number):
            yield bindings
        else:
            sight.miss(same(f"count {describe(probe.count)}"), same(str(number)))
        return
    for process in fitting:
        yield bindings if probe.bind is None else {**bindings, probe.bind: process}
    if sight.cut("processes"):
        return
    sight.miss(
        joined([_wanted(key, value) for key, value in probe.where.items()] or [same("∃")]),
        # Without their number: what a page shows as news is not that some program ran.
        Text(zh="没有一个进程符合", en="no process that fits"),
    )


def _fits(
    process: Process, where: dict[str, Expectation], bindings: Bindings, sight: Sight
) -> bool:
    for done, (key, expected) in enumerate(where.items()):
        value, fits = _test(process, key, expected, bindings, sight)
        if fits:
            continue
        # Nothing in common is no near miss: the summary says more.
        if done:
            sight.miss(
                _wanted(key, expected),
                about(sight.evidence.name(process), _found(key, expected, value)),
                closeness=done / (len(where) + 1),
            )
        return False
    return True


def _test(
    process: Process, key: str, expected: Expectation, bindings: Bindings, sight: Sight
) -> tuple[Value, bool]:
    if key.startswith("ns."):
        return _namespace(process, key[3:], str(expected), bindings, sight)
    if key in ("child_of", "descends_from", "is"):
        return _kinship(process, key, str(expected), bindings, sight)
    if key == "under":
        return process.cgroup, under(process, str(expected), sight.evidence)
    value = FIELDS[key](process, sight.evidence)
    return value, satisfies(expected, value)


def _namespace(
    process: Process, kind: str, expected: str, bindings: Bindings, sight: Sight
) -> tuple[Value, bool]:
    other = expected.removeprefix("!")
    if other == "self":
        theirs = process.namespaces.get(kind.removesuffix("_for_children"))
    else:
        reference = sight.process(other, bindings)
        theirs = reference.namespaces.get(kind) if reference else None
    ours = process.namespaces.get(kind)
    if ours is None or theirs is None:
        return "—", False
    equal = ours == theirs
    return (f"{other}'s" if equal else f"[{ours}]"), equal != expected.startswith("!")


def _kinship(
    process: Process, key: str, expected: str, bindings: Bindings, sight: Sight
) -> tuple[Value, bool]:
    reference = sight.process(expected.removeprefix("!"), bindings)
    if reference is None:
        return "—", False
    if key == "is":
        equal = (process.pid, process.start) == (reference.pid, reference.start)
        return sight.evidence.name(process), equal != expected.startswith("!")
    if key == "child_of":
        return process.parent, process.parent == reference.pid
    return process.parent, reference.pid in _ancestors(process, sight.evidence)


def _ancestors(process: Process, evidence: Evidence) -> set[int]:
    parents = {one.pid: one.parent for one in evidence.snapshot.processes}
    found: set[int] = set()
    pid = process.parent
    while pid and pid not in found:
        found.add(pid)
        pid = parents.get(pid, 0)
    return found


def under(process: Process, path: str, evidence: Evidence) -> bool:
    """Whether the process is in the control group of that path or below, in any hierarchy."""
    return any(
        process.pid in group.pids
        for group in evidence.snapshot.cgroups
        if group.path == path or group.path.startswith(path.rstrip("/") + "/")
    )


def inside(ranges: tuple[IdRange, ...], outside: int) -> int:
    """A host id as a user namespace's own members see it; 65534 when it is not mapped."""
    for span in ranges:
        if span.outside <= outside < span.outside + span.length:
            return span.inside + outside - span.outside
    return 65534


def _inner_uid(outside: int, evidence: Evidence) -> int:
    init = evidence.init
    return inside(init.uid_map, outside) if init else 65534


def _inner_gid(outside: int, evidence: Evidence) -> int:
    init = evidence.init
    return inside(init.gid_map, outside) if init else 65534


def _uid_map(process: Process, evidence: Evidence) -> str:
    """The map's lines as the lab itself would read them, joined by "; "."""
    return "; ".join(
        f"{span.inside} {_inner_uid(span.outside, evidence)} {span.length}"
        for span in process.uid_map
    )


def _caps(process: Process, evidence: Evidence) -> str:
    """How much of what the lab's root has is effective: full, none, or the mask."""
    whole = evidence.init.capabilities if evidence.init else 0
    if process.capabilities and process.capabilities & whole == whole:
        return "full"
    return f"{process.capabilities:#x}" if process.capabilities else "none"


FIELDS: dict[str, Field] = {
    "comm": lambda process, _: process.comm,
    "cmd": lambda process, _: " ".join(process.cmdline),
    "exe": lambda process, _: process.exe,
    "root": lambda process, _: process.root,
    "cwd": lambda process, _: process.cwd,
    "state": lambda process, _: process.state,
    "uid": lambda process, evidence: _inner_uid(process.uids[0], evidence),
    "euid": lambda process, evidence: _inner_uid(process.uids[1], evidence),
    "gid": lambda process, evidence: _inner_gid(process.gids[0], evidence),
    "nspid_last": lambda process, _: process.nspid[-1] if process.nspid else None,
    "nspid_depth": lambda process, _: len(process.nspid),
    "rss": lambda process, _: process.rss,
    "threads": lambda process, _: process.threads,
    "seccomp": lambda process, _: process.seccomp,
    "uid_map": _uid_map,
    "caps": _caps,
}


def _wanted(key: str, expected: Expectation) -> Text:
    if isinstance(expected, str) and key.startswith("ns."):
        other = expected.removeprefix("!")
        return relation(key[3:], other, same=not expected.startswith("!"))
    if isinstance(expected, str) and expected.startswith("!"):
        return same(f"{key} ≠ {expected[1:]}")
    return same(f"{key} {describe(expected)}")


def _found(key: str, expected: Expectation, value: Value) -> Text:
    if isinstance(expected, str) and key.startswith("ns."):
        # It did not fit, so it is the other way round.
        return relation(key[3:], expected.removeprefix("!"), same=expected.startswith("!"))
    return same(f"{key} = {shown(value)}")
