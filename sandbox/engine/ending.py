"""What follows the end of a container's first process."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, checkups, joining, mounting
from sandbox.engine.attach import dismiss
from sandbox.engine.clock import nanoseconds, rfc3339
from sandbox.engine.container import ExecState
from sandbox.engine.findings import Health
from sandbox.engine.remove import remove_after_end
from sandbox.engine.state import Event

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.shim import Exit, Shim

_SECOND = 1_000_000_000
LOST_CODE = 255  # What dockerd reports for a container whose end nobody saw.


async def follow(host: Host, container: Container, shim: Shim) -> None:
    """Return after its container's end; Docker's events and states come from here."""
    shim.on_exec_exit = lambda session, code: _exec_ended(host, container, session, code)
    exit_ = await shim.exited
    if exit_.error:  # The shim was lost: what it left running has nobody to tell of its end.
        await asyncio.to_thread(cgroups.end, host.paths.key, container.record)
    record_end(host, container, exit_)
    await shim.close()
    if _goes(container):
        await remove_after_end(host, container)
        return
    async with container.lock:
        if not container.running:
            await asyncio.to_thread(cgroups.end, host.paths.key, container.record)


def _goes(container: Container) -> bool:
    return container.record.host.auto_remove and not container.kept


def record_end(host: Host, container: Container, exit_: Exit) -> None:
    """Write down how it ended, then tell: disk, events, those who wait."""
    record = container.record
    finished_at = exit_.finished_at or rfc3339(time.time_ns())
    ran_for = nanoseconds(finished_at) - nanoseconds(record.status.started_at)
    again = container.restarts.due(record, exit_.code, ran_for / _SECOND)
    moved = record.moved(
        Event.REST if again else Event.EXIT,
        exit_code=exit_.code,
        oom_killed=exit_.oom_killed,
        error=exit_.error or container.end_reason,
        finished_at=finished_at,
        restart_count=record.status.restart_count + again,
        health=Health.UNHEALTHY if record.status.health else "",
        pid=0,
    )
    # Of one that is removed next, the shim's own word is on disk.
    (host.note if _goes(container) else host.save)(container, moved)
    container.shim = None
    for instance in container.execs.values():
        if instance.state is ExecState.RUNNING:
            instance.state, instance.exit_code = ExecState.EXITED, 137
        instance.over.set()
    checkups.cease(container)
    dismiss(container)
    if exit_.oom_killed:
        host.tell(container, "oom")
    duration = str(max(ran_for // _SECOND, 0))
    host.tell(container, "die", exitCode=str(exit_.code), execDuration=duration)
    joining.leave(host, container)
    mounting.tell(host, container, "unmount")
    container.tell_ended(exit_.code)


def give_up(host: Host, container: Container, **changes: object) -> None:
    """It does not start again. Precondition: its restart is awaited."""
    now = rfc3339(time.time_ns())
    host.save(container, container.record.moved(Event.EXIT, finished_at=now, **changes))
    dismiss(container)
    container.tell_ended(container.record.status.exit_code)


def _exec_ended(host: Host, container: Container, session: str, code: int) -> None:
    instance = container.execs.get(session)
    if instance is None or instance.state is not ExecState.RUNNING:
        return
    instance.state, instance.exit_code = ExecState.EXITED, code
    instance.over.set()
    host.tell(container, "exec_die", execID=session, exitCode=str(code))
