"""How much of a diagnosis is told: one level at a time, and the last not at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

PATIENCE = 90.0  # seconds a diagnosis must have been known before its last level may be read
TRIES = 2  # or this many separate times that it fitted


@dataclass(slots=True)
class Told:
    """The history of one diagnosis in one attempt."""

    first: float
    times: int = 0
    revealed: int = 1


@dataclass(slots=True)
class Hints:
    """Which diagnosis each step shows, and how many of its levels."""

    told: dict[str, Told] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)  # step → diagnosis

    def show(self, step: str, rule: str, *, total: int, now: float) -> int:
        """Note that the diagnosis fits now; returns how many levels to show."""
        told = self.told.setdefault(rule, Told(first=now))
        if self.shown.get(step) != rule:
            told.times += 1
            self.shown[step] = rule
        return min(told.revealed, total)

    def nothing_shown(self, step: str) -> None:
        """Note that no diagnosis fits the step now."""
        self.shown.pop(step, None)

    def wait(self, rule: str, *, total: int, now: float) -> int:
        """Seconds until the next level may be revealed; 0 when it may, or when there is none."""
        told = self.told[rule]
        next_is_last = told.revealed == total - 1 and total > 1
        if not next_is_last or told.times >= TRIES:
            return 0
        return max(0, ceil(told.first + PATIENCE - now))

    def reveal(self, rule: str, *, total: int, now: float) -> bool:
        """Reveal one more level, if there is one and its time has come; says whether it did."""
        told = self.told.get(rule)
        if told is None or told.revealed >= total or self.wait(rule, total=total, now=now):
            return False
        told.revealed += 1
        return True
