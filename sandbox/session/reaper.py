"""What ends labs that nobody ends: the overdue, the idle, the vanished, and those of no lease."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import DatabaseError, close_old_connections

from sandbox.dockerapi.wire import EngineError
from sandbox.session import building, leases
from sandbox.session.models import Lease, Reason
from sandbox.session.state import OPEN, State

if TYPE_CHECKING:
    from sandbox.dockerapi.wire import Listed

ROUND_SECONDS = 10.0
# A container younger than this may belong to a lease whose row is being written elsewhere.
GRACE_SECONDS = 120

log = logging.getLogger(__name__)


def sweep(*, now: datetime) -> None:
    """One round: end what is due, then compare the engine's labs with our leases."""
    for lease, reason in leases.overdue(now):
        log.info("lease %s ends: %s", lease.pk, reason.value)
        leases.end(lease, reason=reason, now=now)
    # Read before the engine is asked: a lab that starts in between is then not thought lost.
    running = list(Lease.objects.filter(state=State.RUNNING))
    try:
        labs = asyncio.run(building.engine().labelled(building.LABEL))
    except EngineError as error:
        log.warning("the engine's labs are unknown this round: %s", error)
        return
    _end_vanished(running, labs, now)
    _remove_orphans(labs, now)


def start() -> threading.Thread:
    """Sweep every few seconds in a thread that dies with the process."""
    thread = threading.Thread(target=_sweep_forever, name="reaper", daemon=True)
    thread.start()
    return thread


def _end_vanished(running: list[Lease], labs: list[Listed], now: datetime) -> None:
    states = {lab.id: lab.state for lab in labs}
    for lease in running:
        match states.get(lease.container):
            case None:
                leases.end(lease, reason=Reason.LOST, now=now)
            case "exited" | "dead":
                leases.end(lease, reason=Reason.DIED, now=now)
            case _:
                continue
        log.warning("lease %s lost its lab", lease.pk)


def _remove_orphans(labs: list[Listed], now: datetime) -> None:
    owners = {lab.labels.get(building.LABEL, "") for lab in labs}
    owned = set(Lease.objects.filter(pk__in=owners, state__in=OPEN).values_list("pk", flat=True))
    for lab in labs:
        lease_id = lab.labels.get(building.LABEL, "")
        ours = Lease.objects.filter(pk=lease_id).exists()
        young = now.timestamp() - lab.created < GRACE_SECONDS
        if lease_id in owned or (young and not ours):
            continue
        log.warning("lab %s belongs to no open lease and is removed", lab.id[:12])
        building.remove(lab.id)


def _sweep_forever() -> None:
    pause = threading.Event()
    while not pause.wait(ROUND_SECONDS):
        close_old_connections()
        try:
            sweep(now=datetime.now(UTC))
        except DatabaseError as error:
            log.warning("no round of the reaper: the database says %s", error)
        finally:
            close_old_connections()
