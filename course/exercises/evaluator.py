"""The live judgement of one lab, shared by every page of this process that looks at it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.utils import translation

from course.exercises.cards import card_json
from course.exercises.environment import unmet
from course.exercises.judge import Standings, judge, pace, reads_screen
from course.exercises.messages import Answer, Hint, Predict
from course.exercises.text import Text
from course.exercises.verdict import State, Verdict, all_in, to_json
from course.progress import record
from sandbox.session import labs, leases
from sandbox.session.models import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from course.exercises.asking import Witness
    from course.exercises.definition import Card, Exercise
    from course.exercises.viewer import Viewer
    from course.progress.models import Attempt
    from sandbox.observe.reach import Reach, Reached
    from sandbox.observe.snapshot import Look, Seen, Snapshot
    from sandbox.session.models import Lease

LEASE_SECONDS = 3.0  # How often the lease itself is read.
GONE = Text(zh="这台实验机已经没有了", en="this lab is gone")
AWAY = Text(
    zh="引擎暂时没有回答，会再去看", en="the engine does not answer; it will be asked again"
)
BROKEN = Text(zh="检查器出错了，已经记录", en="the checker failed; it has been logged")
ENDED = 4404
CODES = {Reason.RESET: 4409, Reason.TIME: 4410, Reason.IDLE: 4408}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveLab:
    """A running lab behind the engine's API. All raise LabUnavailable and LabGone."""

    lease: Lease

    async def snapshot(self) -> Snapshot:
        """The kernel's view now."""
        return await labs.snapshot(self.lease)

    async def look(self, looks: Sequence[Look]) -> Sequence[Seen]:
        """One answer per question."""
        return await labs.look(self.lease, looks)

    async def reach(self, asked: Sequence[Reach]) -> Sequence[Reached]:
        """What came of each request."""
        return await labs.reach(self.lease, asked)


@dataclass(eq=False, slots=True)
class Evaluator:
    """Samples one lab while a page that shows it is in front, and tells every page."""

    lease: Lease
    attempt: Attempt
    exercise: Exercise
    values: dict[str, str]
    witness: Witness
    standings: Standings
    choices: dict[str, str]  # committed predictions
    typed: dict[str, str] = field(default_factory=dict)
    viewers: set[Viewer] = field(default_factory=set)
    verdict: Verdict | None = None
    now: float = 0.0  # of the last sample, engine's clock
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def join(self, viewer: Viewer) -> None:
        """Tell this page from now on."""
        self.viewers.add(viewer)
        self.stirred.set()
        if reads_screen(self.exercise):
            viewer.tell({"type": "show"}, about="show")
        if self.verdict is not None:
            viewer.tell(to_json(self.verdict, viewer.language))

    def leave(self, viewer: Viewer) -> None:
        """Forget the page; one that never joined is fine."""
        self.viewers.discard(viewer)
        self.stirred.set()

    async def run(self) -> None:
        """Until the last page has left or the lease is over."""
        lease_read = asyncio.create_task(self._follow_lease())
        try:
            while self.viewers:
                if any(viewer.visible for viewer in self.viewers):
                    await self.turn()
                    await asyncio.sleep(pace(self.exercise, self.standings))
                else:
                    self.stirred.clear()
                    await self.stirred.wait()
        finally:
            lease_read.cancel()

    async def turn(self) -> None:
        """One sample: look, judge, record, tell."""
        try:
            evidence = await self.witness.sample(
                self.exercise, self.standings, typed=self.typed, values=self.values
            )
        except labs.LabGone:
            self.tell(self._all(State.UNAVAILABLE, GONE))
            return
        except labs.LabUnavailable:
            self.tell(self._all(State.FAULT, AWAY))
            return
        self.now = evidence.snapshot.taken
        missing = unmet(self.exercise, evidence.snapshot.features)
        if missing is not None:
            self.tell(self._all(State.UNAVAILABLE, missing))
            return
        before = set(self.standings.passed)
        verdict = judge(self.exercise, evidence, self.standings)
        if not await self._recorded(self.standings.passed - before, verdict):
            self.standings.passed = before
            return
        self.tell(verdict)

    async def predict(self, said: Predict) -> None:
        """Commit a prediction; one that is not on a card is ignored, and the first one stands."""
        card = next((one for one in self.exercise.predict if one.id == said.card), None)
        if card is None or said.choice not in card.options:
            return
        kept = await database_sync_to_async(record.predict)(self.attempt, card.id, said.choice)
        self.choices[card.id] = kept.choice
        self.standings.committed.add(card.id)
        self._tell_card(card)

    def answer(self, said: Answer) -> None:
        """Keep what was typed; the next sample judges it."""
        if any(ask.id == said.id for ask in self.exercise.asks):
            self.typed[said.id] = said.value

    def hint(self, said: Hint) -> None:
        """Reveal one more level if its time has come; the next sample shows it."""
        for step in self.exercise.steps:
            for rule in step.diagnose:
                if rule.id == said.diagnosis:
                    self.standings.hints.reveal(rule.id, total=len(rule.hint), now=self.now)

    def dismiss(self, code: int) -> None:
        """Have every page's socket closed."""
        for viewer in self.viewers:
            viewer.leave(code)

    async def _recorded(self, fresh: set[str], verdict: Verdict) -> bool:
        """Write down what was passed for the first time; False when that has to be tried again."""
        if not fresh:
            return True
        try:
            await database_sync_to_async(_record)(self.attempt, fresh, whole=verdict.passed)
        except DatabaseError:
            log.warning("a pass of %s could not be recorded yet", self.attempt, exc_info=True)
            return False
        for card in self.exercise.predict:
            if card.before in fresh:
                self._tell_card(card)
        return True

    async def _follow_lease(self) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS)
            try:
                rows = await database_sync_to_async(leases.standing)([self.lease.pk])
            except DatabaseError:
                continue  # It is read again in a moment.
            lease: Lease | None = rows.get(self.lease.pk)
            if lease is None:
                self.dismiss(ENDED)
                return
            self._tell_lease(lease)
            if not lease.is_open:
                self.dismiss(CODES.get(Reason(lease.reason), ENDED))
                return

    def _tell_lease(self, lease: Lease) -> None:
        changed = (lease.state, lease.ends_at) != (self.lease.state, self.lease.ends_at)
        self.lease = lease
        if not changed:
            return
        for viewer in self.viewers:
            with translation.override(viewer.language):
                viewer.tell({"type": "lease", **leases.described(lease)})

    def _tell_card(self, card: Card) -> None:
        for viewer in self.viewers:
            told = card_json(
                card,
                viewer.language,
                choice=self.choices.get(card.id),
                answered=card.before in self.standings.passed,
            )
            viewer.tell({"type": "card", "card": told}, about=card.id)

    def tell(self, verdict: Verdict) -> None:
        """Show every page this verdict."""
        self.verdict = verdict
        for viewer in self.viewers:
            viewer.tell(to_json(verdict, viewer.language))

    def _all(self, state: State, why: Text) -> Verdict:
        return all_in(self.exercise, state, why, passed=self.standings.passed)


def _record(attempt: Attempt, steps: set[str], *, whole: bool) -> None:
    for step in steps:
        record.step_passed(attempt, step)
    if whole:
        record.exercise_passed(attempt)
