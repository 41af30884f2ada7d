"""Conditions over one sample: every way of binding names under which all clauses hold.

A small backtracking search: a lab has at most a few hundred processes, and clauses are tried in
the order in which the author wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from course.exercises.conditions import (
    LATER,
    Answer,
    Cg,
    Condition,
    File,
    Monitored,
    MountOf,
    Ns,
    Probe,
    Proc,
    Procfs,
    Script,
    Tree,
    Uts,
)
from course.exercises.network import Datagram, Dns, Http, Net, Stream
from course.exercises.probes import (
    answers,
    cgroups,
    files,
    monitors,
    mounts,
    namespaces,
    network,
    processes,
    requests,
    scripts,
    trees,
)
from course.exercises.sight import Bindings, Evidence, Miss, Notes, Question, Sight
from course.exercises.text import Text


class Truth(StrEnum):
    """What one evaluation can say."""

    YES = "yes"
    NO = "no"
    ASKED = "asked"  # Not known yet: questions have to be answered first.
    UNAVAILABLE = "unavailable"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one condition, with the bindings that prove it or the nearest miss."""

    truth: Truth
    bindings: Bindings
    miss: Miss | None = None
    reasons: tuple[Text, ...] = ()
    questions: frozenset[Question] = frozenset()
    named: tuple[str, ...] = ()


def examine(condition: Condition, evidence: Evidence, bindings: Bindings) -> Outcome:
    """Judge one condition. A question still open beats "no"; a proof beats everything."""
    notes = Notes()
    for proof in solve(condition, bindings, Sight(evidence, notes)):
        return Outcome(Truth.YES, proof)
    if notes.questions:
        return Outcome(Truth.ASKED, bindings, questions=frozenset(notes.questions))
    if notes.faults:
        return Outcome(Truth.FAULT, bindings, reasons=tuple(notes.faults))
    if notes.unavailable:
        return Outcome(Truth.UNAVAILABLE, bindings, reasons=tuple(notes.unavailable))
    return Outcome(
        Truth.NO, bindings, miss=notes.nearest, reasons=tuple(notes.said), named=tuple(notes.named)
    )


def solve(condition: Condition, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Every binding under which the whole condition holds."""
    for name in condition.later():
        sight.unavailable(
            Text(
                zh=f"探针 {name} 还不能用（{LATER[name]}）",
                en=f"the probe {name} cannot be used yet ({LATER[name]})",
            )
        )
        return
    first = () if condition.when is None else (condition.when,)
    clauses: tuple[Probe | Condition, ...] = (*first, *condition.probes(), *condition.each)
    yield from _in_turn(clauses, condition, bindings, sight)


def _in_turn(
    clauses: tuple[Probe | Condition, ...], condition: Condition, bindings: Bindings, sight: Sight
) -> Iterator[Bindings]:
    if clauses:
        first, rest = clauses[0], clauses[1:]
        for found in _clause(first, bindings, sight):
            yield from _in_turn(rest, condition, found, sight.deeper())
    else:
        for found in _some(condition.some, bindings, sight):
            if condition.negated is None or _refuted(condition.negated, found, sight.deeper()):
                yield found


def _clause(clause: Probe | Condition, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    if isinstance(clause, Condition):
        return solve(clause, bindings, sight)
    return _probe(clause, bindings, sight)


def _some(choices: tuple[Condition, ...], bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    if not choices:
        yield bindings
    for choice in choices:
        yield from solve(choice, bindings, sight)


def _refuted(condition: Condition, bindings: Bindings, sight: Sight) -> bool:
    apart = sight.apart()
    if next(solve(condition, bindings, apart), None) is not None:
        sight.miss(
            Text(zh="这种情况不存在", en="this is not the case"),
            Text(zh="它存在", en="it is"),
        )
        return False
    sight.notes.questions |= apart.notes.questions
    sight.notes.unavailable += apart.notes.unavailable
    sight.notes.faults += apart.notes.faults
    return not apart.notes.open()


def _probe(probe: Probe, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:  # noqa: C901, PLR0911, PLR0912  one row per probe
    match probe:
        case Proc():
            return processes.solve(probe, bindings, sight)
        case Cg():
            return cgroups.solve(probe, bindings, sight)
        case Ns():
            return namespaces.compare(probe, bindings, sight)
        case Uts():
            return namespaces.host_name(probe, bindings, sight)
        case MountOf():
            return mounts.solve(probe, bindings, sight)
        case Net():
            return network.solve(probe, bindings, sight)
        case Procfs():
            return namespaces.proc_view(probe, bindings, sight)
        case File():
            return files.solve(probe, bindings, sight)
        case Tree():
            return trees.solve(probe, bindings, sight)
        case Http() | Stream() | Datagram() | Dns():
            return requests.solve(probe, bindings, sight)
        case Answer():
            return answers.solve(probe, bindings, sight)
        case Monitored():
            return monitors.solve(probe, bindings, sight)
        case Script():
            return scripts.solve(probe, bindings, sight)
        case _ as never:
            assert_never(never)
