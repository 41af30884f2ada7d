"""A learner commits to an answer: what was chosen is kept, and from then on the truth is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseRedirect
from django.views.decorators.http import require_POST

from course.progress import accounts, record
from course.progress.record import SKIPPED, Asked
from course.study import bank, occasions
from course.study.questions import dealt

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from course.study.questions import Question

LONGEST_CHOICE = 400  # Reply.choice
_SEED = re.compile(r"[0-9a-f]{16}")


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
