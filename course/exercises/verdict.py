"""What the learner is told after a sample: states with expected and found, and hints."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from course.exercises.definition import Exercise
from course.exercises.text import Text


class State(StrEnum):
    """What a line of the checklist shows; the last two are never the learner's doing."""

    PENDING = "pending"
    PASSED = "passed"
    FAILING = "failing"
    UNAVAILABLE = "unavailable"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """One line of the checklist."""

    id: str
    state: State
    say: Text
    expected: Text | None = None
    found: Text | None = None
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """The diagnosis that fits, with the hints revealed; `wait` is seconds until the next."""

    id: str
    hints: tuple[Text, ...]
    total: int
    wait: int = 0


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """One step; `passed` stays once it was reached, whatever the checks say later."""

    id: str
    title: Text
    passed: bool
    checks: tuple[CheckVerdict, ...]
    diagnosis: Diagnosed | None = None
    locked: bool = False  # A prediction comes first.


@dataclass(frozen=True, slots=True)
class Verdict:
    """A whole exercise after one sample."""

    steps: tuple[StepVerdict, ...]

    @property
    def passed(self) -> bool:
        """Whether every step is."""
        return all(step.passed for step in self.steps)

    def step(self, step_id: str) -> StepVerdict:
        """The verdict of one step."""
        return next(step for step in self.steps if step.id == step_id)


def all_in(exercise: Exercise, state: State, why: Text, *, passed: Collection[str]) -> Verdict:
    """Every check of the steps not yet passed in one state, for a reason that is not theirs."""
    return Verdict(
        tuple(
            StepVerdict(
                step.id,
                step.title,
                passed=step.id in passed,
                checks=tuple(
                    CheckVerdict(check.id, State.PASSED, check.say)
                    if step.id in passed
                    else CheckVerdict(check.id, state, check.say, why=why)
                    for check in step.checks
                ),
            )
            for step in exercise.steps
        )
    )


def to_json(verdict: Verdict, language: str) -> dict[str, JsonValue]:
    """The message of the checks socket, in one language."""
    return {
        "type": "verdict",
        "passed": verdict.passed,
        "steps": [_step(step, language) for step in verdict.steps],
    }


def _step(step: StepVerdict, language: str) -> JsonValue:
    diagnosis: JsonValue = None
    if step.diagnosis is not None:
        told = step.diagnosis
        diagnosis = {
            "id": told.id,
            "hints": [hint.tell(language) for hint in told.hints],
            "revealed": len(told.hints),
            "total": told.total,
            "wait": told.wait,
        }
    return {
        "id": step.id,
        "title": step.title.tell(language),
        "passed": step.passed,
        "locked": step.locked,
        "checks": [_check(check, language) for check in step.checks],
        "diagnosis": diagnosis,
    }


def _check(check: CheckVerdict, language: str) -> JsonValue:
    def told(text: Text | None) -> str | None:
        return None if text is None else text.tell(language)

    return {
        "id": check.id,
        "state": check.state.value,
        "say": check.say.tell(language),
        "expected": told(check.expected),
        "found": told(check.found),
        "why": told(check.why),
    }
