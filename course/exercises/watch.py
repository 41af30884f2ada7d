"""One evaluator per lease in this process; it lives as long as some page looks at the lab."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async

from course.exercises.asking import Witness
from course.exercises.attempts import sheet_of
from course.exercises.environment import cgroup_version
from course.exercises.evaluator import BROKEN, Evaluator, LiveLab
from course.exercises.judge import Standings
from course.exercises.verdict import State, all_in
from course.progress import record

if TYPE_CHECKING:
    from course.exercises.viewer import Viewer
    from sandbox.session.models import Lease

COME_BACK = 4503
MOST_REMEMBERED = 1024  # labs; more than any host carries at once
MOST_VIEWERS = 16  # pages of one lab; more are sent away and come back later

log = logging.getLogger(__name__)


class TooManyPages(Exception):
    """One lab is open in more pages than anybody needs."""


class Watch:
    """The evaluators of this process. Everything here runs on one event loop."""

    def __init__(self) -> None:
        self._evaluators: dict[str, Evaluator] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._opening = asyncio.Lock()
        # What was seen of a lab outlives its last page: a reload must not forget a violation.
        self._remembered: OrderedDict[str, Standings] = OrderedDict()

    async def join(self, viewer: Viewer, lease: Lease) -> Evaluator:
        """The lease's evaluator, started with its first page.

        Raises TooManyPages, NoSuchExercise, and Django's database errors.
        """
        async with self._opening:
            evaluator = self._evaluators.get(lease.pk)
            if evaluator is None:
                known = self._remembered.get(lease.pk)
                evaluator = await database_sync_to_async(evaluator_of)(lease, known)
                self._remember(lease.pk, evaluator.standings)
                self._evaluators[lease.pk] = evaluator
                evaluator.join(viewer)
                self._start(evaluator)
            elif len(evaluator.viewers) < MOST_VIEWERS:
                evaluator.join(viewer)
            else:
                raise TooManyPages
        return evaluator

    def _remember(self, lease: str, standings: Standings) -> None:
        self._remembered[lease] = standings
        self._remembered.move_to_end(lease)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def _start(self, evaluator: Evaluator) -> None:
        task = asyncio.create_task(evaluator.run())
        self._running.add(task)
        task.add_done_callback(lambda done: self._ended(evaluator, done))

    def _ended(self, evaluator: Evaluator, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._evaluators.get(evaluator.lease.pk) is evaluator:
            del self._evaluators[evaluator.lease.pk]
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nobody foresaw it: told as ours, logged with its traceback, and the pages come back.
            log.error("the checker of %s failed", evaluator.exercise.id, exc_info=error)
            passed = evaluator.standings.passed
            verdict = all_in(evaluator.exercise, State.FAULT, BROKEN, passed=passed)
            evaluator.tell(verdict)
            evaluator.dismiss(COME_BACK)


def evaluator_of(lease: Lease, known: Standings | None = None) -> Evaluator:
    """What is known of the lease's attempt, ready to go on."""
    sheet = sheet_of(lease, cgroup_version=cgroup_version())
    attempt = record.current(lease.owner, lease.exercise) or record.begin(
        lease.owner, lease.exercise
    )
    choices = record.predictions(attempt)
    values = sheet.values
    standings = known or Standings()
    # The database knows better than this process's memory what was passed and committed.
    standings.passed, standings.committed = record.passed_steps(attempt), set(choices)
    return Evaluator(
        lease=lease,
        attempt=attempt,
        exercise=sheet.written.with_values(values),
        values=values,
        witness=Witness(LiveLab(lease), sheet.written.directory),
        standings=standings,
        choices=choices,
    )
