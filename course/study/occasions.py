"""When a card may be asked: in a lesson once, in reviews and the placement test round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from course.lessons import catalogue
from course.lessons.placement import placement
from course.progress import lane, record
from course.study import bank, review

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

LESSON = "lesson"
PLACEMENT = lane.OCCASION
_REVIEW = "review-"


def review_of(unit_id: str) -> str:
    """The occasion of a unit's review."""
    return f"{_REVIEW}{unit_id}"


def chosen(occasion: str, round_: int) -> tuple[str, ...]:
    """The cards of one round, in order; none for an occasion that does not exist."""
    if occasion == PLACEMENT:
        return placement().questions
    try:
        return review.chosen(occasion.removeprefix(_REVIEW), round_)
    except catalogue.NoSuchLesson:
        return ()


def open_round(user: AbstractBaseUser | AnonymousUser, occasion: str) -> int:
    """The first round that this learner has not finished."""
    replies = record.replies(user, occasion)
    round_ = 1
    while (names := chosen(occasion, round_)) and all((round_, name) in replies for name in names):
        round_ += 1
    return round_


def asks(user: AbstractBaseUser | AnonymousUser, occasion: str, round_: int, card: str) -> bool:
    """Whether the learner is asked this card on this occasion, in this round."""
    if occasion == LESSON:
        return round_ == 1 and card in bank.bank()
    if not 1 <= round_ <= open_round(user, occasion):
        return False
    return card in chosen(occasion, round_)
