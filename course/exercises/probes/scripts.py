"""The probe `script`: the question to an exercise's own Python file, and what its answer means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from course.exercises.conditions import Script
from course.exercises.sight import Bindings, Call, Sight
from course.exercises.text import Text, same

NOT_IN_LAB = Text(zh="还不能在实验机里运行检查脚本", en="checks cannot be run inside the lab yet")


def solve(probe: Script, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """True when the script says ok; a crash of the script is our fault."""
    if probe.runs == "sandbox":
        sight.unavailable(NOT_IN_LAB)
        return
    evidence = sight.evidence
    asked = {
        "vars": dict(evidence.values),
        "answers": dict(evidence.typed),
        "bindings": {name: asdict(bound) for name, bound in bindings.items()},
        "baseline": {path: list(lines) for path, lines in evidence.baseline.items()},
        "journal": {name: [count.good, count.bad] for name, count in evidence.counted.items()},
        "snapshot": asdict(evidence.snapshot),
    }
    seconds = int(probe.timeout.removesuffix("s"))
    ran = sight.call(Call(probe.file, seconds, json.dumps(asked, sort_keys=True)))
    if ran is None:
        return
    if ran.fault:
        sight.fault(same(f"{probe.file}: {ran.fault}"))
    elif ran.ok:
        yield bindings
    else:
        if ran.diagnosis:
            sight.notes.named.append(ran.diagnosis)
        sight.miss(ran.say or same(probe.file), same(ran.evidence))
