"""What has been true, since when, and what came before: the four time modes of curriculum 3.4."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from course.exercises.conditions import Condition
from course.exercises.definition import Timed
from course.exercises.search import Outcome, Truth
from course.exercises.sight import Bindings
from sandbox.observe.snapshot import Process

BLIND_SECONDS = 5.0  # A longer break between samples interrupts a hold.


Identity = frozenset[tuple[str, str, int]]


class Standing(StrEnum):
    """A timed condition after a sample."""

    HOLDS = "holds"
    WAITING = "waiting"  # True, but not yet for long enough.
    FAILS = "fails"
    VIOLATED = "violated"  # A `never` that happened; only a new attempt forgets it.
    UNAVAILABLE = "unavailable"
    FAULT = "fault"


@dataclass(slots=True)
class Entry:
    """The memory of one timed condition. Times are the engine's monotonic clock, in seconds."""

    since: float | None = None
    last: float = 0.0  # When it was judged last.
    happened: bool = False
    began: float | None = None  # When it was judged first.
    happened_after: float = 0.0  # seconds since it was judged first
    next: int = 0  # Which element of the sequence is awaited.
    bindings: Bindings = field(default_factory=dict)
    proof: Identity = frozenset()  # Whom the running hold is about.

    def awaited(self, timed: Timed) -> Condition:
        """The condition that the next sample is to judge."""
        elements = timed.conditions()
        return elements[min(self.next, len(elements) - 1)]

    def note(self, timed: Timed, outcome: Outcome, now: float) -> Standing:
        """Take in one sample's outcome."""
        if now - self.last > BLIND_SECONDS:
            self.since = None  # Nobody looked meanwhile: what was not seen was not held.
        self.last = now
        self.began = now if self.began is None else self.began
        if outcome.truth in (Truth.FAULT, Truth.UNAVAILABLE, Truth.ASKED):
            # A sample that could not be judged neither proves nor breaks anything.
            return self._unjudged(outcome.truth)
        true = outcome.truth is Truth.YES
        if true:
            proof = _identity(outcome.bindings)
            # Another process that fits now did not hold what an earlier one held.
            self.since = self.since if self.since is not None and proof == self.proof else now
            self.proof = proof
            if not self.happened:
                self.bindings = outcome.bindings
        else:
            self.since = None
        return self._standing(timed, now, true=true)

    def _unjudged(self, truth: Truth) -> Standing:
        if self.happened:
            return Standing.HOLDS
        return Standing.UNAVAILABLE if truth is Truth.UNAVAILABLE else Standing.FAULT

    def _standing(self, timed: Timed, now: float, *, true: bool) -> Standing:
        long_enough = true and self.since is not None and now - self.since >= timed.seconds
        match timed.mode:
            case "now":
                return _level(reached=long_enough, true=true)
            case "seen":
                self.happened = self.happened or long_enough
                return _level(reached=self.happened, true=true)
            case "never":
                if true and not self.happened:
                    self.happened, self.happened_after = True, now - (self.began or now)
                return Standing.VIOLATED if self.happened else Standing.HOLDS
            case "sequence":
                return self._advance(timed, true=true)

    def _advance(self, timed: Timed, *, true: bool) -> Standing:
        if true and not self.happened:
            self.next += 1
            self.happened = self.next >= len(timed.sequence)
        return _level(reached=self.happened, true=self.next > 0)


@dataclass(slots=True)
class Journal:
    """The entries of one attempt, by the id of the check or diagnosis."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def entry(self, key: str) -> Entry:
        """The memory of one timed condition, empty at first."""
        return self.entries.setdefault(key, Entry())


def _identity(bindings: Bindings) -> Identity:
    return frozenset(
        (name, str(bound.pid), bound.start) if isinstance(bound, Process) else (name, bound.path, 0)
        for name, bound in bindings.items()
    )


def _level(*, reached: bool, true: bool) -> Standing:
    if reached:
        return Standing.HOLDS
    return Standing.WAITING if true else Standing.FAILS
