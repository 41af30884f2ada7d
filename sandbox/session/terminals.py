"""The shells of a lab: each name is one exec of the engine, found again by returning browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.db import IntegrityError, transaction

from sandbox.dockerapi.wire import Command, EngineRefused
from sandbox.session.building import engine
from sandbox.session.leases import TERMINALS
from sandbox.session.models import Lease, Terminal

if TYPE_CHECKING:
    import asyncio

NOT_FOUND = 404

SHELL = Command(
    ("/bin/bash", "-l"),
    tty=True,
    stdin=True,
    env={"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"},
    directory="/root",
)


class NoSuchTerminal(Exception):
    """Not a name that a lab has."""


async def open_stream(
    lease: Lease, name: str, *, fresh: bool = False
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The named terminal as `u32 length | message` frames; the caller closes the writer.

    The shell is started when there is none, when the engine has forgotten it, or when `fresh` is
    asked for after it ended. Raises NoSuchTerminal, EngineUnreachable, EngineRefused (404, 409:
    the lab is gone).
    """
    if name not in TERMINALS:
        raise NoSuchTerminal(name)
    known = "" if fresh else await database_sync_to_async(_known)(lease, name)
    if known:
        try:
            return await engine().terminal(known)
        except EngineRefused as refused:
            if refused.status != NOT_FOUND:
                raise
    made = await engine().new_exec(lease.container, SHELL)
    remember = database_sync_to_async(_remembered)
    return await engine().terminal(await remember(lease, name, made, instead_of=known))


def _known(lease: Lease, name: str) -> str:
    found = Terminal.objects.filter(lease_id=lease.pk, name=name).first()
    return found.exec_id if found else ""


def _remembered(lease: Lease, name: str, made: str, *, instead_of: str) -> str:
    """The exec that the name stands for now: ours, or the one of a tab that was quicker."""
    rows = Terminal.objects.filter(lease_id=lease.pk, name=name)
    if instead_of and not rows.filter(exec_id=instead_of).update(exec_id=made):
        return rows.get().exec_id
    if instead_of:
        return made
    try:
        with transaction.atomic():
            row, created = rows.get_or_create(
                lease_id=lease.pk, name=name, defaults={"exec_id": made}
            )
    except IntegrityError:
        return rows.get().exec_id
    if not created:
        rows.update(exec_id=made)
        return made
    return row.exec_id
