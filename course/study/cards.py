"""Question cards on a page: dealt to a learner, with the truth once they have replied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from course.progress import record
from course.progress.record import SKIPPED, Asked
from course.study import bank
from course.study.questions import Option, Question, dealt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from course.progress.models import Reply

SEED_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Standing:
    """A card as the page shows it: the question, and the learner's reply if there is one."""

    asked: Asked
    question: Question
    choice: str | None  # None: not yet; SKIPPED: skipped

    @property
    def right(self) -> bool:
        """Whether the reply is the truth."""
        return self.choice == self.question.truth

    @property
    def skipped(self) -> bool:
        """Whether the learner went on without an answer."""
        return self.choice == SKIPPED

    @property
    def mine(self) -> tuple[Option, ...]:
        """The learner's own order; nothing when the card has had other items since."""
        known = self.choice and self.question.accepts(self.choice)
        return self.question.in_order(self.choice or "") if known else ()

    @property
    def true_order(self) -> tuple[Option, ...]:
        """The true order of an ordering."""
        return self.question.in_order(self.question.truth)


def standings(
    user: AbstractBaseUser | AnonymousUser, occasion: str, round_: int, names: Iterable[str]
) -> list[Standing]:
    """The cards of one round as this learner has them before them, in order."""
    replies = record.replies(user, occasion)
    return [
        _standing(f"{user.pk}/{occasion}", round_, name, replies.get((round_, name)))
        for name in names
    ]


def _standing(place: str, round_: int, name: str, reply: Reply | None) -> Standing:
    seed = reply.seed if reply else _seed(f"{place}/{round_}/{name}")
    question = dealt(name, bank.card(name), seed=seed, language=get_language() or "en")
    asked = Asked(place.split("/")[1], round_, name, seed)
    return Standing(asked, question, reply.choice if reply else None)


def _seed(named: str) -> str:
    """The same for the same learner on the same occasion; a visitor takes it along as a guest."""
    return salted_hmac("card", named).hexdigest()[:SEED_LENGTH]
