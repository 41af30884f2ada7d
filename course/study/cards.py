"""Question cards on a page: dealt to a learner, committed, and answered with the truth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseRedirect
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from course.progress import accounts, record
from course.progress.record import SKIPPED, Asked
from course.study import bank, occasions
from course.study.questions import Option, Question, dealt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest, HttpResponse

    from course.progress.models import Reply

LONGEST_CHOICE = 400  # Reply.choice
SEED_LENGTH = 16
_SEED = re.compile(r"[0-9a-f]{16}")


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
        """The learner's own order of an ordering."""
        return self.question.in_order(self.choice) if self.choice else ()

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


@require_POST
def commit(request: HttpRequest, occasion: str, round_: int, card: str) -> HttpResponse:
    """Keep what was chosen; the page that asked shows the truth beside it."""
    seed = request.POST.get("seed", "")
    if not _SEED.fullmatch(seed) or not occasions.asks(request.user, occasion, round_, card):
        raise Http404
    refused = accounts.let_in(request)
    if refused is not None:
        return refused
    learner = request.user
    assert learner.is_authenticated  # let_in made sure.
    asked = Asked(occasion, round_, card, seed)
    question = dealt(card, bank.card(card), seed=seed, language="en")
    choice = SKIPPED if "skip" in request.POST else _chosen(request, question)
    if choice or "skip" in request.POST:
        record.reply(learner, asked, choice, right=choice == question.truth)
    return HttpResponseRedirect(f"{accounts.local_address(request)}#card-{card}")


def _standing(place: str, round_: int, name: str, reply: Reply | None) -> Standing:
    seed = reply.seed if reply else _seed(f"{place}/{round_}/{name}")
    question = dealt(name, bank.card(name), seed=seed, language=get_language() or "en")
    asked = Asked(place.split("/")[1], round_, name, seed)
    return Standing(asked, question, reply.choice if reply else None)


def _chosen(request: HttpRequest, question: Question) -> str:
    """The posted answer; "" when it is none, and then the question stays open."""
    if question.kind == "order":
        places = {key: request.POST.get(f"place-{key}", "") for key in _keys(question)}
        choice = ",".join(sorted(places, key=lambda key: places[key].rjust(3)))
        if len(set(places.values())) < len(places):
            return ""
    else:
        choice = request.POST.get("choice", "")[:LONGEST_CHOICE]
    return choice if question.accepts(choice) else ""


def _keys(question: Question) -> list[str]:
    return [option.key for option in question.options]


def _seed(named: str) -> str:
    """The same for the same learner on the same occasion; a visitor takes it along as a guest."""
    return salted_hmac("card", named).hexdigest()[:SEED_LENGTH]
