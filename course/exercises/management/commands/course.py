"""manage.py course new | verify | lint: does every exercise do what its author says?"""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from course.exercises import attempts, coverage, lint, proofreading, skeleton
from course.exercises.catalogue import BrokenExercise, Catalogue, NoSuchExercise, Written
from course.exercises.rehearsal import Result, rehearse
from course.exercises.trials import ALWAYS, TURNS, Trial, sampled, trials
from course.lessons.catalogue import ListedExercise, Unit, course
from course.progress.models import Learner
from sandbox.session.lab import LeaseError
from sandbox.session.labs import LabGone, LabUnavailable


class Command(BaseCommand):
    """A beginning, and two checks of the content: one by reading, one in real labs."""

    help = "new: begin an exercise; verify: play the scripts in fresh labs; lint: read for slips"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="play the scripts in fresh labs")
        verify.add_argument("ids", nargs="*", metavar="ID", help="for instance u02-1")
        verify.add_argument("--all", action="store_true", help="every written exercise")
        verify.add_argument("--sample", action="store_true", help="a third, another one each day")
        verify.add_argument("--jobs", type=int, default=2, help="labs at once")
        reading = verbs.add_parser("lint", help="read the content for slips")
        reading.add_argument(
            "--notes", action="store_true", help="what covers which lines, as a table"
        )
        new = verbs.add_parser("new", help="begin an exercise that course.yaml lists")
        new.add_argument("unit", metavar="UNIT", help="for instance u05")
        new.add_argument("id", metavar="ID", help="for instance u05-1")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401, ARG002 - Django's signature
        """Do one; a CommandError makes the exit status 1."""
        if options["verb"] == "new":
            self._new(options["unit"], options["id"])
            return
        try:
            catalogue = attempts.catalogue()
        except BrokenExercise as broken:
            raise CommandError(str(broken)) from broken
        if options["verb"] == "lint":
            self._lint(catalogue, options)
        else:
            everything = options["all"] or options["sample"]
            self._verify(_chosen(catalogue, options["ids"], everything=everything), options)

    def _new(self, unit_id: str, exercise_id: str) -> None:
        unit, listed = _listed(unit_id, exercise_id)
        home = Path(settings.TERRARIUM_CONTENT) / "units" / unit.slug / "exercises" / listed.slug
        try:
            made = skeleton.write(home, listed)
        except FileExistsError as there:
            raise CommandError(f"{home} is there already") from there
        for path in made:
            self.stdout.write(str(path))

    def _lint(self, catalogue: Catalogue, options: dict[str, Any]) -> None:
        rows = coverage.table(Path(settings.TERRARIUM_CONTENT), course(), catalogue)
        if options["notes"]:
            for row in rows:
                by = "later" if row.later else ", ".join(row.covered_by)
                self.stdout.write(f"{row.lines:<10}{row.unit:<6}{by}")
        for advice in proofreading.unmarked(course()):
            self.stdout.write(f"advice: {advice}")
        found = [*_slips(catalogue), *_uncovered(rows)]
        for slip in found:
            self.stdout.write(slip)
        if found:
            raise CommandError(f"{len(found)} problems")
        later = sum(row.last - row.first + 1 for row in rows if row.later)
        self.stdout.write(
            f"{len(catalogue.exercises)} exercises, no problem; {later} lines wait for later units"
        )

    def _verify(self, chosen: list[Written], options: dict[str, Any]) -> None:
        plan = whole = [trial for written in chosen for trial in trials(written)]
        if options["sample"]:
            turn = date.today().toordinal() % TURNS  # noqa: DTZ011  any day that changes will do
            plan = sampled(whole, turn)
            self.stdout.write(
                f"sample {turn + 1} of {TURNS}: {len(plan)} of {len(whole)} trials; "
                f"{' and '.join(ALWAYS)} of each exercise, and a third of the rest"
            )
        try:
            learners = [_learner(number) for number in range(max(1, options["jobs"]))]
            results = asyncio.run(self._play(plan, learners))
        except DatabaseError as error:
            raise CommandError(f"the database is not ready ({error}): run deploy/run") from error
        failed = [result for result in results if result.problem]
        self.stdout.write(f"{len(results) - len(failed)} of {len(results)} trials stand")
        if failed:
            names = sorted({result.trial.written.id for result in failed})
            raise CommandError(f"not as claimed: {', '.join(names)}")

    async def _play(self, plan: list[Trial], learners: list[Learner]) -> list[Result]:
        """All trials, as many at once as there are learners; one line per trial as it ends."""
        self.stdout.write(
            f"{'exercise':<10}{'trial':<34}{'seconds':>8}{'sample':>8}  {'slowest part':<26}result"
        )
        waiting = list(reversed(plan))
        results: list[Result] = []

        async def play(learner: Learner) -> None:
            while waiting:
                result = await _tried(waiting.pop(), learner)
                results.append(result)
                self.stdout.write(_line(result))

        async with asyncio.TaskGroup() as group:
            for learner in learners:
                group.create_task(play(learner))
        return results


def _listed(unit_id: str, exercise_id: str) -> tuple[Unit, ListedExercise]:
    for unit in course().units:
        for listed in unit.exercises:
            if (unit.id, listed.id) == (unit_id, exercise_id):
                return unit, listed
    raise CommandError(f"list {exercise_id} in content/course.yaml first, in unit {unit_id}")


def _slips(catalogue: Catalogue) -> Iterator[str]:
    for written in catalogue.exercises.values():
        for problem in lint.problems(written, course()):
            yield f"{written.directory.name}: {problem}"
    yield from proofreading.problems(course(), catalogue)


def _uncovered(rows: list[coverage.Row]) -> Iterator[str]:
    for row in rows:
        if row.missing:
            missing = coverage.numbers(row.missing)
            yield f"notes: {row.unit} teaches line {missing}, and no page or exercise covers it"


async def _tried(trial: Trial, learner: Learner) -> Result:
    try:
        return await rehearse(trial, learner)
    except LeaseError as error:
        return Result(trial, f"no lab: {error.reason} {error.__cause__ or ''}", 0.0, 0.0)
    except (LabGone, LabUnavailable, TimeoutError) as error:
        return Result(trial, f"the lab did not answer: {error}", 0.0, 0.0)


def _line(result: Result) -> str:
    trial = result.trial
    said = f"NO: {result.problem}" if result.problem else f"ok: {trial.claim.value}"
    if trial.expected and not result.problem:
        said += f" ({trial.expected})"
    sample = f"{result.slowest * 1000:.0f} ms"
    timed = f"{result.seconds:>6.1f} s{sample:>8}  {result.part[:24]:<26}"
    return f"{trial.written.id:<10}{trial.name:<34}{timed}{said}"


def _chosen(catalogue: Catalogue, ids: list[str], *, everything: bool) -> list[Written]:
    if everything == bool(ids):
        raise CommandError("name exercises, or write --all")
    try:
        return [catalogue[one] for one in ids or sorted(catalogue.exercises)]
    except NoSuchExercise as unknown:
        raise CommandError(f"no exercise is called {unknown}") from unknown


def _learner(number: int) -> Learner:
    """Whose labs the trials run in: nobody can log in as this one."""
    learner, fresh = Learner.objects.get_or_create(
        username=f"course-verify-{number}", defaults={"is_active": False}
    )
    if fresh:
        learner.set_unusable_password()
        learner.save()
    return learner
