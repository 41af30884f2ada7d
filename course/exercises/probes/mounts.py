"""The probe `mount`: a line of one process's mount table."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.comparison import Expectation, describe, satisfies
from course.exercises.conditions import MountOf
from course.exercises.probes.namespaces import GONE
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Mount


def solve(probe: MountOf, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether such a mount is there, or with `absent` is not."""
    subject = sight.process(probe.of, bindings)
    wanted = same(_wanted(probe))
    if subject is None:
        sight.miss(wanted, GONE)
        return
    table = sight.evidence.snapshot.mounts.get(subject.namespaces.get("mnt", 0), ())
    there = _at(table, probe.at)
    fitting = [mount for mount in there if not _misfit(mount, probe)]
    if not fitting and sight.cut("mounts", "namespaces"):
        return
    if bool(fitting) != probe.absent:
        yield bindings
        return
    if there:
        sight.miss(wanted, same(_line((fitting or there)[-1])), closeness=0.5)
    else:
        nothing = Text(zh="那里没有挂载", en="nothing is mounted there")
        sight.miss(wanted, nothing)


def _at(table: tuple[Mount, ...], at: Expectation | None) -> list[Mount]:
    """The mounts at the asked places; of several stacked on one, only the topmost can be seen."""
    top = {mount.target: mount for mount in table if at is None or satisfies(at, mount.target)}
    return list(top.values())


def _misfit(mount: Mount, probe: MountOf) -> bool:
    return (
        (probe.fstype is not None and not satisfies(probe.fstype, mount.fstype))
        or (probe.source is not None and not satisfies(probe.source, mount.source))
        or (probe.opt is not None and probe.opt not in mount.options + mount.super_options)
        or (probe.not_opt is not None and probe.not_opt in mount.options + mount.super_options)
        or (probe.propagation is not None and probe.propagation not in _propagation(mount))
    )


def _propagation(mount: Mount) -> tuple[str, ...]:
    kinds = (("shared",) if mount.shared else ()) + (("slave",) if mount.master else ())
    kinds = kinds or ("private",)
    return kinds if mount.shared else (*kinds, "unshared")


def _line(mount: Mount) -> str:
    tags = (f" shared:{mount.shared}" if mount.shared else "") + (
        f" master:{mount.master}" if mount.master else ""
    )
    return f"{mount.target}: {mount.fstype} {mount.source}{tags}"


def _wanted(probe: MountOf) -> str:
    parts = [
        f"{name} {describe(value)}"
        for name, value in (
            ("mount", probe.at),
            ("fstype", probe.fstype),
            ("source", probe.source),
            ("opt", probe.opt),
            ("propagation", probe.propagation),
        )
        if value is not None
    ]
    if probe.not_opt is not None:
        parts.append(f"opt ≠ {probe.not_opt}")
    return ("∄ " if probe.absent else "") + ", ".join(parts)
