"""One sample of a lab: its snapshot, and whatever else the exercise's conditions need to know.

Conditions say which paths they have to see; those answers may raise further questions (a file's
content after its kind), so asking goes in rounds.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from course.exercises.definition import conditions_of
from course.exercises.judge import Standings, questions
from course.exercises.scripts import run_script
from course.exercises.sight import START_SECONDS, TICKS, Burnt, Call, Evidence
from sandbox.observe.reach import Reach
from sandbox.observe.snapshot import Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from course.exercises.definition import Exercise
    from course.exercises.sight import Answer, Question
    from sandbox.observe.reach import Reached
    from sandbox.observe.snapshot import Seen, Snapshot

ROUNDS = 8
LOOKS_AT_ONCE = 200  # The engine answers at most 256 in one request.
REACHES_AT_ONCE = 8  # The engine makes at most 16.
RATE_SECONDS, LEAST_SECONDS = 3.0, 0.5  # the window in which a rate is measured
FRESH_SECONDS = 1.0  # A request is not repeated sooner: a learner's server is not to be flooded.


def baseline_paths(exercise: Exercise) -> set[str]:
    """The trees that some condition compares with the lab's start."""
    trees = (condition.tree for condition in conditions_of(exercise))
    return {tree.path for tree in trees if tree is not None and tree.equals == "baseline"}


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
    slowest: tuple[float, str] = (0.0, "")  # seconds, and what took them
    burnt: deque[Burnt] = field(default_factory=deque)  # of the last samples

    async def sample(
        self,
        exercise: Exercise,
        standings: Standings,
        *,
        typed: Mapping[str, str],
        values: Mapping[str, str],
    ) -> Evidence:
        """Everything needed to judge now. What is still open after the last round stays open."""
        began = time.monotonic()
        snapshot = await self.lab.snapshot()
        self._timed(began, "snapshot")
        self.waited = 0.0
        await self._begin(exercise, snapshot, standings)
        evidence = Evidence(
            snapshot,
            typed=dict(typed),
            values=dict(values),
            earlier=self._earlier(snapshot),
            baseline=standings.baseline,
            counted=dict(standings.counted),
        )
        for _ in range(ROUNDS):
            open_questions = questions(exercise, evidence, standings)
            if not open_questions:
                break
            answers = {**evidence.answers, **await self._ask(open_questions)}
            evidence = replace(evidence, answers=answers)
        return evidence

    async def _begin(self, exercise: Exercise, snapshot: Snapshot, standings: Standings) -> None:
        """Remember the trees that later ones are compared with, while the lab is still young."""
        evidence = Evidence(snapshot)
        init = evidence.init
        if init is None or snapshot.taken - init.start / TICKS > START_SECONDS:
            return
        for path in baseline_paths(exercise) - standings.baseline.keys():
            asked = Look(pid=init.pid, start=init.start, path=path, want="tree")
            (seen,) = await self.lab.look([asked])
            if seen.exists and not seen.error:
                standings.baseline[path] = seen.names

    def _earlier(self, snapshot: Snapshot) -> Burnt | None:
        """The oldest look of the last seconds, when it is old enough to measure a rate."""
        while self.burnt and snapshot.taken - self.burnt[0].taken > RATE_SECONDS:
            self.burnt.popleft()
        usage = {one.path: one.cpu_usage for one in snapshot.cgroups if one.cpu_usage is not None}
        self.burnt.append(Burnt(snapshot.taken, usage))
        oldest = self.burnt[0]
        return oldest if snapshot.taken - oldest.taken >= LEAST_SECONDS else None

    async def _ask(self, asked: set[Question]) -> dict[Question, Answer]:
        answers: dict[Question, Answer] = {}
        looks = [question for question in asked if isinstance(question, Look)][:LOOKS_AT_ONCE]
        if looks:
            began = time.monotonic()
            answers.update(zip(looks, await self.lab.look(looks), strict=True))
            self._timed(began, looks[0].path)
        reaches = [question for question in asked if isinstance(question, Reach)]
        answers.update(await self._reach(reaches[:REACHES_AT_ONCE]))
        for question in asked:
            if isinstance(question, Call):
                began = time.monotonic()
                answers[question] = await run_script(self.directory, question)
                self._timed(began, question.file)
        return answers

    def _timed(self, began: float, what: str) -> None:
        self.slowest = max(self.slowest, (time.monotonic() - began, what))

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
