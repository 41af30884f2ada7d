"""What a browser at a terminal hears, and the leases that it visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.session import leases
from sandbox.session.models import Lease, Reason
from sandbox.session.state import State
from sandbox.terminal.frames import (
    decode_served,
)


def lease_of(owner, *, state=State.RUNNING, reason=Reason.NONE, minutes=60, exercise="u02-1"):
    now = datetime.now(UTC)
    ends = now + timedelta(minutes=minutes)
    return Lease.objects.create(
        owner=owner, exercise=exercise, container="c" * 64, state=state, reason=reason,
        created=now, last_used=now - timedelta(minutes=5), ends_at=ends,
    )  # fmt: skip


async def told(socket):
    return decode_served(await socket.receive_from(timeout=5))


async def closed(socket):
    while (event := await socket.receive_output(timeout=5))["type"] != "websocket.close":
        pass
    return event["code"]


def lease_over(lease, reason):
    assert leases.end(Lease.objects.get(pk=lease.pk), reason=reason).state == State.ENDED
