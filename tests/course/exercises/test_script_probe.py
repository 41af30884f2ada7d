"""The escape hatch: what a script is told, and what of its answer the learner sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.exercises.asking import Witness
from course.exercises.definition import Exercise
from course.exercises.judge import Standings, judge
from course.exercises.verdict import State, StepVerdict
from tests.course.exercises.labs import Lab

TEXT = {"zh": "字", "en": "words"}
SAYS = (
    "import json, sys\n"
    "asked = json.load(sys.stdin)\n"
    "print(json.dumps({'ok': False, 'evidence': {'keys': sorted(asked)},"
    " 'diagnosis': 'second', 'say': {'zh': '应', 'en': 'wanted'}}))\n"
)


def exercise() -> Exercise:
    check = {"id": "c", "say": TEXT, "script": {"file": "checks/x.py"}}
    rules = [
        {"id": "first", "hint": [TEXT], "from_script": True},
        {"id": "second", "hint": [TEXT], "from_script": True},
    ]
    step = {"id": "s", "title": TEXT, "checks": [check], "diagnose": rules}
    return Exercise.model_validate(
        {"id": "u01-1", "kind": "worked", "minutes": 1, "title": TEXT, "goal": TEXT,
         "profile": "plain", "steps": [step]}
    )  # fmt: skip


async def judged(directory: Path, script: str) -> StepVerdict:
    (directory / "checks").mkdir()
    (directory / "checks/x.py").write_text(script)
    asked, standings = exercise(), Standings()
    evidence = await Witness(Lab(), directory).sample(asked, standings, typed={}, values={})
    (step,) = judge(asked, evidence, standings).steps
    return step


async def test_a_script_recommends_a_diagnosis_and_its_evidence_is_shown(tmp_path):
    step = await judged(tmp_path, SAYS)
    (check,) = step.checks
    assert check.state is State.FAILING
    assert check.found is not None
    assert check.found.en == (
        '{"keys": ["answers", "baseline", "bindings", "journal", "snapshot", "vars"]}'
    )
    assert step.diagnosis is not None
    assert step.diagnosis.id == "second"


@pytest.mark.parametrize(
    "script",
    [
        "raise SystemExit(1)",
        "print('hello')",
        "import json; print(json.dumps({'ok': 'perhaps', 'extra': 1}))",
        "print('x' * 100_000)",
    ],
)
async def test_a_script_that_fails_is_our_fault_and_diagnoses_nothing(tmp_path, script):
    step = await judged(tmp_path, script)
    assert step.checks[0].state is State.FAULT
    assert step.diagnosis is None


async def test_a_script_that_is_content_diagnoses_nothing(tmp_path):
    step = await judged(tmp_path, 'print(\'{"ok": true, "diagnosis": "first"}\')')
    assert step.passed
    assert step.diagnosis is None
