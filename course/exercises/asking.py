"""One sample of a lab: its snapshot, and whatever else the exercise's conditions need to know.

Conditions say which paths they have to see; those answers may raise further questions (a file's
content after its kind), so asking goes in rounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from course.exercises.judge import Standings, questions
from course.exercises.scripts import run_script
from course.exercises.sight import Call, Evidence
from sandbox.observe.snapshot import Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from course.exercises.definition import Exercise
    from course.exercises.sight import Question, Ran
    from sandbox.observe.snapshot import Seen, Snapshot

ROUNDS = 4
LOOKS_AT_ONCE = 200  # The engine answers at most 256 in one request.


class Lab(Protocol):
    """Where samples come from: a running lab, or a recording."""

    async def snapshot(self) -> Snapshot:
        """The kernel's view now."""
        ...

    async def look(self, looks: Sequence[Look]) -> Sequence[Seen]:
        """One answer per question, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Witness:
    """Takes samples of one lab for one exercise."""

    lab: Lab
    directory: Path  # of the exercise, for its scripts

    async def sample(
        self,
        exercise: Exercise,
        standings: Standings,
        *,
        typed: Mapping[str, str],
        values: Mapping[str, str],
    ) -> Evidence:
        """Everything needed to judge now. What is still open after the last round stays open."""
        snapshot = await self.lab.snapshot()
        evidence = Evidence(snapshot, typed=dict(typed), values=dict(values))
        for _ in range(ROUNDS):
            open_questions = questions(exercise, evidence, standings)
            if not open_questions:
                break
            answers = {**evidence.answers, **await self._ask(open_questions)}
            evidence = replace(evidence, answers=answers)
        return evidence

    async def _ask(self, asked: set[Question]) -> dict[Question, Seen | Ran]:
        answers: dict[Question, Seen | Ran] = {}
        looks = [question for question in asked if isinstance(question, Look)][:LOOKS_AT_ONCE]
        if looks:
            answers.update(zip(looks, await self.lab.look(looks), strict=True))
        for question in asked:
            if isinstance(question, Call):
                answers[question] = await run_script(self.directory, question)
        return answers
