"""A round of questions as one learner has it before them: a unit's review, a placement test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course.progress import record
from course.study import cards, occasions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from course.study.cards import Standing


@dataclass(frozen=True, slots=True)
class Round:
    """The cards of one round, with what has been said to them."""

    number: int
    cards: tuple[Standing, ...]

    @property
    def finished(self) -> bool:
        """Whether every card has been answered or skipped."""
        return all(card.choice is not None for card in self.cards)

    @property
    def right(self) -> int:
        """How many were known."""
        return sum(card.right for card in self.cards)


def shown(user: AbstractBaseUser | AnonymousUser, occasion: str, asked: str) -> Round:
    """The asked round when it may be, else the one begun, else the last finished or the first."""
    latest = occasions.open_round(user, occasion)
    begun = any(round_ == latest for round_, _ in record.replies(user, occasion))
    number = latest if begun or latest == 1 else latest - 1
    if asked.isdecimal() and 1 <= int(asked[:9]) <= latest:
        number = int(asked)
    names = occasions.chosen(occasion, number)
    return Round(number, tuple(cards.standings(user, occasion, number, names)))
