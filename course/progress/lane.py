"""Which lane a learner is in: the placement test's outcome. It changes what is suggested next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from course.lessons.placement import placement
from course.progress import record
from course.progress.record import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

OCCASION = "placement"  # of the replies that count


class Lane(StrEnum):
    """How the course is walked; nothing is locked in either."""

    WHOLE = "whole"
    FAST = "fast"  # Worked examples are left out of what is suggested.


@dataclass(frozen=True, slots=True)
class Placing:
    """How far a learner is with the placement test."""

    right: int  # in the best round
    tasks: frozenset[str]  # done

    @property
    def lane(self) -> Lane:
        """FAST once enough was known and every task is done."""
        test = placement()
        passed = self.right >= test.enough and self.tasks >= set(test.tasks)
        return Lane.FAST if passed else Lane.WHOLE


def placing(user: AbstractBaseUser | AnonymousUser, standings: Mapping[str, Standing]) -> Placing:
    """The learner's best round, and which of the tasks are done."""
    known = Counter(
        round_ for (round_, _), reply in record.replies(user, OCCASION).items() if reply.right
    )
    tasks = {task for task in placement().tasks if standings.get(task) == Standing.DONE}
    return Placing(max(known.values(), default=0), frozenset(tasks))
