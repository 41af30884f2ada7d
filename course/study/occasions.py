"""When a card may be asked: in a lesson, at a unit's start, in the placement test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from course.study import bank

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

LESSON = "lesson"


def asks(_user: AbstractBaseUser | AnonymousUser, occasion: str, round_: int, card: str) -> bool:
    """Whether the learner is asked this card on this occasion, in this round."""
    return occasion == LESSON and round_ == 1 and card in bank.bank()
