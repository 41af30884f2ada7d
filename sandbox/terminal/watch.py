"""What happens to a lease while terminals are open: told to their browsers, off the path of bytes.

One query every few seconds for all terminals of this process, however many there are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from sandbox.session import leases
from sandbox.terminal.closing import Close, close_code
from sandbox.terminal.viewer import NoticeCode

if TYPE_CHECKING:
    from sandbox.session.models import Lease
    from sandbox.terminal.viewer import Viewer

TICK_SECONDS = 2.0
TOUCH_SECONDS = 30.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Seat:
    """One viewer's place: whose it is, and what it was told."""

    lease_id: str
    user_id: int
    warned_of: datetime | None = None


class Watch:
    """The terminals that are open in this process."""

    def __init__(self) -> None:
        self._seats: dict[Viewer, Seat] = {}
        self._touched: dict[str, float] = {}
        self._ticking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def join(self, viewer: Viewer, lease: Lease) -> None:
        """Watch the lease for this viewer until it leaves."""
        self._seats[viewer] = Seat(lease.pk, lease.owner_id)
        self._loop = asyncio.get_running_loop()
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._run())

    def leave(self, viewer: Viewer) -> None:
        """Forget the viewer; one that never joined is fine."""
        self._seats.pop(viewer, None)

    def ask_again_soon(self, user_id: int) -> None:
        """`ask_again` from any thread; without an open terminal there is nobody to ask."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.ask_again, user_id)

    def ask_again(self, user_id: int) -> None:
        """Let every socket of this user prove anew who it is: one that is logged out cannot."""
        for viewer, seat in list(self._seats.items()):
            if seat.user_id == user_id:
                viewer.close(Close.COME_BACK)

    async def tick(self) -> None:
        """Look once. Raises Django's database errors."""
        used = self._used()
        seats = dict(self._seats)  # Who joins while the database is asked is not in its answer.
        ids = {seat.lease_id for seat in seats.values()}
        rows: dict[str, Lease] = await database_sync_to_async(_touch_and_read)(ids, used)
        now = datetime.now(UTC)
        for viewer, seat in seats.items():
            lease = rows.get(seat.lease_id)
            if lease is None or not lease.is_open:
                viewer.close(close_code(lease) if lease else Close.NOT_YOURS)
            else:
                _warn(viewer, seat, lease, now)

    async def _run(self) -> None:
        while self._seats:
            await asyncio.sleep(TICK_SECONDS)
            try:
                await self.tick()
            except DatabaseError:
                # A terminal needs no database; what is due is told when it is back.
                logger.warning("The leases could not be read", exc_info=True)

    def _used(self) -> list[str]:
        """Leases in which something was typed and whose last touch is long enough ago."""
        clock = time.monotonic()
        due = []
        for viewer, seat in self._seats.items():
            if not viewer.used:
                continue
            viewer.used = False
            if clock - self._touched.get(seat.lease_id, -TOUCH_SECONDS) >= TOUCH_SECONDS:
                self._touched[seat.lease_id] = clock
                due.append(seat.lease_id)
        kept = {seat.lease_id for seat in self._seats.values()}
        self._touched = {key: at for key, at in self._touched.items() if key in kept}
        return due


def _warn(viewer: Viewer, seat: Seat, lease: Lease, now: datetime) -> None:
    soon = (lease.ends_at - now).total_seconds() <= leases.WARN_SECONDS
    if soon and seat.warned_of != lease.ends_at:
        seat.warned_of = lease.ends_at
        detail = {"ends_at": lease.ends_at.isoformat(), "server_time": now.isoformat()}
        viewer.notify(NoticeCode.LEASE, detail)


def _touch_and_read(ids: set[str], used: list[str]) -> dict[str, Lease]:
    for lease_id in used:
        leases.touch(lease_id)
    return leases.standing(ids)
