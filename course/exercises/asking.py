"""One sample of a lab: its snapshot, and whatever else the exercise's conditions need to know.

Conditions say which paths they have to see; those answers may raise further questions (a file's
content after its kind), so asking goes in rounds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from course.exercises.judge import Standings, questions
from course.exercises.scripts import run_script
from course.exercises.sight import Call, Evidence
from sandbox.observe.reach import Reach
from sandbox.observe.snapshot import Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from course.exercises.definition import Exercise
    from course.exercises.sight import Answer, Question
    from sandbox.observe.reach import Reached
    from sandbox.observe.snapshot import Seen, Snapshot

ROUNDS = 4
LOOKS_AT_ONCE = 200  # The engine answers at most 256 in one request.
REACHES_AT_ONCE = 8  # The engine makes at most 16.
FRESH_SECONDS = 1.0  # A request is not repeated sooner: a learner's server is not to be flooded.


class Lab(Protocol):
    """Where samples come from: a running lab, or a recording."""

    async def snapshot(self) -> Snapshot:
        """The kernel's view now."""
        ...

    async def look(self, looks: Sequence[Look]) -> Sequence[Seen]:
        """One answer per question, in order."""
        ...

    async def reach(self, asked: Sequence[Reach]) -> Sequence[Reached]:
        """What came of each request, in order."""
        ...


@dataclass(slots=True)
class Witness:
    """Takes samples of one lab for one exercise."""

    lab: Lab
    directory: Path  # of the exercise, for its scripts
    heard: dict[Reach, tuple[float, Reached]] = field(default_factory=dict)
    waited: float = 0.0  # seconds that the lab's own servers took in the last sample

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
        self.waited = 0.0
        evidence = Evidence(snapshot, typed=dict(typed), values=dict(values))
        for _ in range(ROUNDS):
            open_questions = questions(exercise, evidence, standings)
            if not open_questions:
                break
            answers = {**evidence.answers, **await self._ask(open_questions)}
            evidence = replace(evidence, answers=answers)
        return evidence

    async def _ask(self, asked: set[Question]) -> dict[Question, Answer]:
        answers: dict[Question, Answer] = {}
        looks = [question for question in asked if isinstance(question, Look)][:LOOKS_AT_ONCE]
        if looks:
            answers.update(zip(looks, await self.lab.look(looks), strict=True))
        reaches = [question for question in asked if isinstance(question, Reach)]
        answers.update(await self._reach(reaches[:REACHES_AT_ONCE]))
        for question in asked:
            if isinstance(question, Call):
                answers[question] = await run_script(self.directory, question)
        return answers

    async def _reach(self, asked: Sequence[Reach]) -> dict[Question, Answer]:
        began = time.monotonic()
        self.heard = {
            question: (when, reached)
            for question, (when, reached) in self.heard.items()
            if began - when < FRESH_SECONDS
        }
        missing = [question for question in asked if question not in self.heard]
        if missing:
            told = await self.lab.reach(missing)
            now = time.monotonic()
            self.waited += now - began
            self.heard |= {
                question: (now, reached) for question, reached in zip(missing, told, strict=True)
            }
        return {question: self.heard[question][1] for question in asked}
