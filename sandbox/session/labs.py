"""A running lab seen and used from outside: snapshots, looks, programs. All functions are async."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.dockerapi.wire import Command, EngineError, EngineRefused, EngineUnreachable, Ran
from sandbox.observe.codec import reached_from, seen_from, snapshot_from, to_json
from sandbox.session.building import engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.observe.reach import Reach, Reached
    from sandbox.observe.snapshot import Look, Seen, Snapshot
    from sandbox.session.models import Lease

OUTPUT_LIMIT = 1 << 20
RUN_SECONDS = 10.0
_GONE = {404, 409}


class LabUnavailable(Exception):
    """The lab cannot be looked at now: the engine is away or restarting. Ask again later."""


class LabGone(Exception):
    """The lab no longer runs; its lease ends at the reaper's next round."""


async def snapshot(lease: Lease) -> Snapshot:
    """What the kernel says of the lab now. Raises LabUnavailable, LabGone."""
    try:
        return snapshot_from(await engine().snapshot(lease.container))
    except (EngineError, ValueError) as error:
        raise _unseen(error) from error


async def look(lease: Lease, looks: Sequence[Look]) -> list[Seen]:
    """One answer per question about a path, in order. Raises LabUnavailable, LabGone."""
    try:
        answers = await engine().look(lease.container, [to_json(each) for each in looks])
        return [seen_from(each) for each in answers]
    except (EngineError, ValueError) as error:
        raise _unseen(error) from error


async def reach(lease: Lease, asked: Sequence[Reach]) -> list[Reached]:
    """What came of requests from the lab's networks, in order. Raises LabUnavailable, LabGone."""
    try:
        answers = await engine().reach(lease.container, [to_json(each) for each in asked])
        return [reached_from(each) for each in answers]
    except (EngineError, ValueError) as error:
        raise _unseen(error) from error


async def run(
    lease: Lease,
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout: float = RUN_SECONDS,  # noqa: ASYNC109 - the road's one name for it
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run a program as the lab's root to its end; at most 1 MiB of output.

    Raises TimeoutError after `timeout` seconds (the program may go on), OutputTooLong,
    LabUnavailable, LabGone, and EngineRefused when it cannot be started at all.
    """
    command = Command(tuple(argv), stdin=True, env=dict(env or {}), directory="/root")
    try:
        async with asyncio.timeout(timeout):
            return await engine().run(lease.container, command, stdin=stdin, limit=OUTPUT_LIMIT)
    except EngineUnreachable as error:
        raise LabUnavailable(str(error)) from error
    except EngineRefused as error:
        if error.status in _GONE:
            raise LabGone(error.message) from error
        raise


def _unseen(error: EngineError | ValueError) -> LabUnavailable | LabGone:
    if isinstance(error, EngineRefused) and error.status in _GONE:
        return LabGone(error.message)
    return LabUnavailable(str(error))
