"""Leases: asked for, extended, touched, ended. The only writer of the lease table.

The views that call this are synchronous; each function here opens at most one short transaction
and never holds it while it waits for the engine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sandbox.session import building
from sandbox.session.lab import LabFailed, LabSpec, LeaseDenied, LeaseOver, NoRoom
from sandbox.session.models import Lease, Reason
from sandbox.session.state import OPEN, Event, State, after, before

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import QuerySet

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
WARN_SECONDS = 120
TERMINALS = ("main", "second")
# A start that takes longer was cut off with the process that made it.
START_SECONDS = 90


def acquire(user: AbstractBaseUser, spec: LabSpec, *, now: datetime | None = None) -> Lease:
    """The user's lab for the exercise: the open one, or a fresh one, started and set up.

    Two calls at once make one lab; the second may see it `starting`. Raises NoRoom, LabFailed.
    """
    now = now or datetime.now(UTC)
    lease, fresh = _reserve(user, spec, now)
    if not fresh:
        return lease
    try:
        container = building.build(lease, spec)
    except building.NotBuilt as failed:
        _move(lease, Event.START_FAILED, now, reason=Reason.REFUSED, detail=failed.detail)
        raise LabFailed(failed.reason, failed.next_step) from failed
    if not _move(lease, Event.STARTED, now, container=container):
        # Ended while it was starting: nobody owns what was made, so it goes.
        building.remove(container)
    lease.refresh_from_db()
    return lease


def reset(lease: Lease, spec: LabSpec, *, now: datetime | None = None) -> Lease:
    """End the lease and start a fresh lab in its place. Raises NoRoom, LabFailed."""
    end(lease, reason=Reason.RESET, now=now)
    owner: AbstractBaseUser = lease.owner
    return acquire(owner, spec, now=now)


def lease_for(user: AbstractBaseUser | AnonymousUser, lease_id: str) -> Lease:
    """The lease, open or not, when it is the user's. Raises LeaseDenied for foreign and unknown."""
    if user.pk is None or not _ID.fullmatch(lease_id):
        raise LeaseDenied
    found = Lease.objects.select_related("owner").filter(pk=lease_id, owner_id=user.pk).first()
    if found is None:
        raise LeaseDenied
    return found


def open_lease(user: AbstractBaseUser | AnonymousUser, exercise: str) -> Lease | None:
    """The user's open lease for the exercise, None without."""
    if user.pk is None:
        return None
    return _open().filter(owner_id=user.pk, exercise=exercise).first()


def open_leases(user: AbstractBaseUser | AnonymousUser) -> list[Lease]:
    """The user's open leases, oldest first."""
    return list(_open().filter(owner_id=user.pk).order_by("created")) if user.pk else []


def extend(lease: Lease, *, now: datetime | None = None) -> Lease:
    """Move the end to a full period from now. Raises LeaseOver when it cannot move further."""
    now = now or datetime.now(UTC)
    longest = lease.created + timedelta(minutes=settings.TERRARIUM_LEASE_MAX_MINUTES)
    ends_at = min(now + timedelta(minutes=settings.TERRARIUM_LEASE_MINUTES), longest)
    moved = _open().filter(pk=lease.pk, ends_at__lt=ends_at, ends_at__gt=now)
    if not moved.update(ends_at=ends_at, last_used=now):
        raise _cannot_extend(lease)
    lease.refresh_from_db()
    return lease


def end(lease: Lease, *, reason: Reason = Reason.ASKED, now: datetime | None = None) -> Lease:
    """End the lease and remove its lab; an ended one stays as it is.

    An engine that is away keeps the container: the reaper removes it when the engine is back.
    """
    if _move(lease, Event.END, now or datetime.now(UTC), reason=reason):
        lease.refresh_from_db()
        if lease.container:
            building.remove(lease.container)
    lease.refresh_from_db()
    return lease


def touch(lease_id: str, *, now: datetime | None = None) -> None:
    """Note that the lab is in use; callers do so at most every 30 seconds."""
    running = Lease.objects.filter(pk=lease_id, state=State.RUNNING)
    running.update(last_used=now or datetime.now(UTC))


def standing(lease_ids: Collection[str]) -> dict[str, Lease]:
    """How these leases stand now; the ids are of leases that lease_for has granted."""
    return Lease.objects.in_bulk(list(lease_ids))


def overdue(now: datetime) -> list[tuple[Lease, Reason]]:
    """Open leases that have to end at `now`, each with its reason."""
    idle_since = now - timedelta(minutes=settings.TERRARIUM_IDLE_MINUTES)
    stuck_since = now - timedelta(seconds=START_SECONDS)
    late = [(lease, Reason.TIME) for lease in _open().filter(ends_at__lte=now)]
    running = _open().filter(state=State.RUNNING, ends_at__gt=now)
    idle = [(lease, Reason.IDLE) for lease in running.filter(last_used__lte=idle_since)]
    starting = _open().filter(state=State.STARTING, ends_at__gt=now, created__lte=stuck_since)
    return late + idle + [(lease, Reason.LOST) for lease in starting]


def described(lease: Lease, *, now: datetime | None = None) -> dict[str, Any]:
    """The lease as the browser reads it; times are ISO 8601 in UTC."""
    return {
        "id": lease.pk,
        "exercise": lease.exercise,
        "state": lease.state,
        "created": lease.created.isoformat(),
        "ends_at": lease.ends_at.isoformat(),
        "server_time": (now or datetime.now(UTC)).isoformat(),
        "warn_seconds": WARN_SECONDS,
        "reason": lease.why,
        "terminals": list(TERMINALS),
    }


def _open() -> QuerySet[Lease]:
    return Lease.objects.filter(state__in=OPEN)


def _reserve(user: AbstractBaseUser, spec: LabSpec, now: datetime) -> tuple[Lease, bool]:
    """The open lease and False, or a new one in `starting` and True. Raises NoRoom."""
    try:
        with transaction.atomic():
            found = open_lease(user, spec.exercise)
            if found is not None:
                return found, False
            _check_room(user)
            return _create(user, spec, now), True
    except IntegrityError:
        # The other click was first; the constraint says which lease is the lab's.
        found = open_lease(user, spec.exercise)
        if found is None:
            raise
        return found, False


def _create(user: AbstractBaseUser, spec: LabSpec, now: datetime) -> Lease:
    return Lease.objects.create(
        owner_id=user.pk,
        exercise=spec.exercise,
        attempt=spec.attempt,
        seed=spec.seed,
        profile=spec.profile,
        created=now,
        last_used=now,
        ends_at=now + timedelta(minutes=settings.TERRARIUM_LEASE_MINUTES),
    )


def _check_room(user: AbstractBaseUser) -> None:
    """Raises NoRoom. On SQLite the IMMEDIATE transaction makes this exact.

    On PostgreSQL two learners at once may pass the host's limit by one; the engine refuses what
    really does not fit.
    """
    own = open_leases(user)
    limit = settings.TERRARIUM_LABS_PER_LEARNER
    if len(own) >= limit:
        running = ngettext("You have %(n)d lab running.", "You have %(n)d labs running.", len(own))
        raise NoRoom(
            running % {"n": len(own)},
            _("End one of them on the course page, then press Start again."),
            oldest=own[0].pk,
        )
    if _open().count() >= settings.TERRARIUM_MAX_LABS:
        raise NoRoom(
            _("All places for labs on this server are taken."),
            _("Wait a few minutes for one to become free, then press Start again."),
        )


def _move(
    lease: Lease,
    event: Event,
    now: datetime,
    *,
    reason: Reason = Reason.NONE,
    **changes: str,
) -> bool:
    """Take the event if the row still allows it; the state is compared and set in one statement."""
    for state in before(event):
        to = after(state, event)
        ended = {} if to in OPEN else {"ended_at": now}
        row = Lease.objects.filter(pk=lease.pk, state=state)
        if row.update(state=to, reason=reason, **ended, **changes):
            return True
    return False


def _cannot_extend(lease: Lease) -> LeaseOver:
    lease.refresh_from_db()
    if not lease.is_open:
        return LeaseOver(_("This lab is over."), _("Press Start for a fresh one."))
    return LeaseOver(
        _("This lab has its full time already."),
        _("Keep what you need elsewhere; after the end, press Start for a fresh lab."),
    )
