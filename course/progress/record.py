"""What learners have done, written down: the only writer of the progress tables.

Exercises are named by their id in content/course.yaml ("u02-1").
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max, Min

from course.progress.models import (
    Attempt,
    Certificate,
    Learner,
    Prediction,
    Reply,
    StepPass,
    Surprise,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

GUEST_PREFIX = "guest-"


SKIPPED = ""  # the choice of a card that was not answered


@dataclass(frozen=True, slots=True)
class Asked:
    """Which card, when and with which values: on every occasion a card is asked once a round."""

    occasion: str
    round: int
    card: str
    seed: str


class Standing(StrEnum):
    """How far a learner is with an exercise that was begun."""

    STARTED = "started"
    DONE = "done"


def new_guest() -> Learner:
    """A learner without name and password, until claimed."""
    guest = Learner(username=f"{GUEST_PREFIX}{secrets.token_hex(8)}", guest=True)
    guest.set_unusable_password()
    guest.save()
    return guest


def claim(guest: Learner, *, username: str, password: str) -> Learner:
    """The guest stays: the same row, and with it everything done, gets a name and a password.

    Precondition: the form has checked the name and the password. Raises IntegrityError when the
    name was taken meanwhile.
    """
    guest.username = username
    guest.set_password(password)
    guest.guest = False
    with transaction.atomic():
        guest.save(update_fields=["username", "password", "guest"])
    return guest


def merge(guest: Learner, *, into: Learner) -> None:
    """Hand a guest's attempts and words to the account that they turned out to have."""
    with transaction.atomic():
        for attempt in Attempt.objects.filter(user=guest).order_by("number"):
            attempt.number = _next_number(into, attempt.exercise)
            attempt.user = into
            attempt.save(update_fields=["user", "number"])
        # Where the account has said something already, that stands.
        said = Reply.objects.filter(user=into).values_list("occasion", "round", "card")
        taken = set(said)
        for reply in Reply.objects.filter(user=guest):
            if (reply.occasion, reply.round, reply.card) not in taken:
                Reply.objects.filter(pk=reply.pk).update(user=into)
        written = Surprise.objects.filter(user=into).values("exercise")
        Surprise.objects.filter(user=guest).exclude(exercise__in=written).update(user=into)
        if not Certificate.objects.filter(user=into).exists():
            Certificate.objects.filter(user=guest).update(user=into)


def current(user: AbstractBaseUser | AnonymousUser, exercise: str) -> Attempt | None:
    """The latest attempt, passed or not; None before the first."""
    if user.pk is None:
        return None
    return Attempt.objects.filter(user_id=user.pk, exercise=exercise).order_by("-number").first()


def begin(
    user: AbstractBaseUser, exercise: str, *, fresh: bool = False, now: datetime | None = None
) -> Attempt:
    """The attempt to go on with: the latest, or a new one with a new seed when `fresh` or none."""
    latest = current(user, exercise)
    if latest is not None and not fresh:
        return latest
    try:
        with transaction.atomic():
            return Attempt.objects.create(
                user_id=user.pk,
                exercise=exercise,
                number=_next_number(user, exercise),
                seed=secrets.token_hex(8),
                started=now or datetime.now(UTC),
            )
    except IntegrityError:
        other = current(user, exercise)
        if other is None:
            raise
        return other


def step_passed(attempt: Attempt, step: str, *, now: datetime | None = None) -> bool:
    """Note that the step is passed; True the first time."""
    _, first = StepPass.objects.get_or_create(
        attempt=attempt, step=step, defaults={"passed_at": now or datetime.now(UTC)}
    )
    return first


def exercise_passed(attempt: Attempt, *, now: datetime | None = None) -> bool:
    """Note that the whole exercise is passed; True the first time."""
    undone = Attempt.objects.filter(pk=attempt.pk, passed_at=None)
    return bool(undone.update(passed_at=now or datetime.now(UTC)))


def predict(attempt: Attempt, card: str, choice: str, *, now: datetime | None = None) -> Prediction:
    """Commit a prediction. The first one stands: it is what was expected before trying."""
    prediction, _ = Prediction.objects.get_or_create(
        attempt=attempt,
        card=card,
        defaults={"choice": choice, "committed_at": now or datetime.now(UTC)},
    )
    return prediction


def predictions(attempt: Attempt) -> dict[str, str]:
    """The committed choice of each card."""
    return dict(Prediction.objects.filter(attempt=attempt).values_list("card", "choice"))


def reply(
    user: AbstractBaseUser,
    asked: Asked,
    choice: str,
    *,
    right: bool,
    now: datetime | None = None,
) -> Reply:
    """Commit a reply to a card, or with SKIPPED that it was skipped. The first one stands."""
    said, _ = Reply.objects.get_or_create(
        user_id=user.pk,
        occasion=asked.occasion,
        round=asked.round,
        card=asked.card,
        defaults={
            "seed": asked.seed,
            "choice": choice,
            "right": right,
            "replied_at": now or datetime.now(UTC),
        },
    )
    return said


def replies(user: AbstractBaseUser | AnonymousUser, occasion: str) -> dict[tuple[int, str], Reply]:
    """Everything said on an occasion, by round and card."""
    if user.pk is None:
        return {}
    rows = Reply.objects.filter(user_id=user.pk, occasion=occasion)
    return {(row.round, row.card): row for row in rows}


def surprised(
    user: AbstractBaseUser, exercise: str, text: str, *, now: datetime | None = None
) -> None:
    """Keep what surprised a learner, instead of what they wrote before; no text keeps nothing."""
    if not text:
        Surprise.objects.filter(user_id=user.pk, exercise=exercise).delete()
        return
    Surprise.objects.update_or_create(
        user_id=user.pk,
        exercise=exercise,
        defaults={"text": text, "written_at": now or datetime.now(UTC)},
    )


def surprises(user: AbstractBaseUser | AnonymousUser) -> dict[str, str]:
    """What surprised the learner, by exercise."""
    return dict(Surprise.objects.filter(user_id=user.pk).values_list("exercise", "text"))


def issue(user: AbstractBaseUser, name: str, *, now: datetime | None = None) -> Certificate:
    """Make what the learner has done visible under an address that nobody can guess."""
    certificate, _ = Certificate.objects.update_or_create(
        user_id=user.pk,
        defaults={"name": name},
        create_defaults={
            "name": name,
            "address": secrets.token_urlsafe(32),
            "issued_at": now or datetime.now(UTC),
        },
    )
    return certificate


def withdraw(user: AbstractBaseUser) -> None:
    """The address leads nowhere from now on; a later certificate gets another."""
    Certificate.objects.filter(user_id=user.pk).delete()


def certificate_of(user: AbstractBaseUser) -> Certificate | None:
    """The learner's own, if issued."""
    return Certificate.objects.filter(user_id=user.pk).first()


def certificate_at(address: str) -> Certificate | None:
    """The one under this address; None when there is none, or none any more."""
    return Certificate.objects.filter(address=address).select_related("user").first()


def done(user: AbstractBaseUser) -> dict[str, datetime]:
    """When each exercise was passed for the first time."""
    rows = Attempt.objects.filter(user_id=user.pk, passed_at__isnull=False)
    return {
        row["exercise"]: row["first"]
        for row in rows.values("exercise").annotate(first=Min("passed_at"))
    }


def passed_steps(attempt: Attempt) -> set[str]:
    """The ids of the steps that the attempt has passed."""
    return set(StepPass.objects.filter(attempt=attempt).values_list("step", flat=True))


def standings(user: AbstractBaseUser | AnonymousUser) -> dict[str, Standing]:
    """How far the user is, by exercise id; an exercise never begun is absent."""
    if user.pk is None:
        return {}
    rows = (
        Attempt.objects.filter(user_id=user.pk).values("exercise").annotate(passed=Max("passed_at"))
    )
    return {row["exercise"]: Standing.DONE if row["passed"] else Standing.STARTED for row in rows}


def _next_number(user: AbstractBaseUser, exercise: str) -> int:
    latest = Attempt.objects.filter(user_id=user.pk, exercise=exercise).aggregate(Max("number"))
    return int(latest["number__max"] or 0) + 1
