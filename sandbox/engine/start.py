"""Starting a container."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import checkups, joining, launching, mounting, sharing, sysctls
from sandbox.engine.attach import dismiss
from sandbox.engine.clock import NEVER, rfc3339
from sandbox.engine.ending import follow, give_up
from sandbox.engine.errors import AlreadyDone, EngineError, NoRoom, NotStartable, WrongState
from sandbox.engine.launch import LaunchFailed
from sandbox.engine.record import LAB_RUNTIME
from sandbox.engine.remove import remove_after_end
from sandbox.engine.restarts import Restarts
from sandbox.engine.state import Event, State, after

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record
    from sandbox.engine.shim import Shim

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Of this host since it was switched on."""
    return BOOT_ID.read_text().strip()


async def start(host: Host, container: Container) -> None:
    """Build the container and run its program.

    Raises AlreadyDone, WrongState, NotStartable, StartFailed.
    """
    async with container.lock:
        if container.paused:
            raise WrongState("cannot start a paused container, try unpause instead")
        if container.active:
            raise AlreadyDone(f"container {container.id} is already running")
        after(container.record.status.state, Event.START)
        container.restarts = Restarts()
        try:
            await _launch(host, container)
        except EngineError as error:
            _note_failure(host, container, error)
            raise


async def start_again(host: Host, container: Container) -> None:
    """Where its restart is awaited: after the pause, unless somebody ends the wait."""
    if container.record.status.state is State.RESTARTING:
        await container.restarts.rest()
        async with container.lock:
            await _start_rested(host, container)


async def _start_rested(host: Host, container: Container) -> None:
    if container.record.status.state is not State.RESTARTING:
        return
    if container.restarts.over.is_set():
        give_up(host, container)
        return
    try:
        await _launch(host, container, restart_count=container.record.status.restart_count)
    except EngineError as error:
        give_up(host, container, error=str(error))


def watch(host: Host, container: Container, shim: Shim) -> None:
    """Follow a running container to its end, and beyond it where it starts again."""
    checkups.begin(host, container)
    host.in_background(_watch(host, container, shim), f"watch {container.id[:12]}")


async def _watch(host: Host, container: Container, shim: Shim) -> None:
    await follow(host, container, shim)
    await start_again(host, container)


async def _launch(host: Host, container: Container, *, restart_count: int = 0) -> None:
    record = container.record
    if host.labs_closed and record.host.runtime == LAB_RUNTIME:
        raise NoRoom(f"no lab starts on this server until these hold: {host.broken_facts}")
    spec = launching.launch_spec(host, record)
    switches = sysctls.checked(record.host, record.config.domainname)
    spec = replace(spec, pids=sharing.pids(host, record), sysctls=switches)
    if record.mounts or record.host.tmpfs:
        spec = replace(spec, mounts=mounting.prepared(host, container))
    spec = replace(spec, network=await joining.join(host, container))
    record = container.record
    callers, container.callers = container.callers, []
    try:
        shim = await host.launcher.launch(spec, tuple(callers))
        started = _started(record, shim.group, restart_count)
        # On disk while the shim works: the next engine asks it how far it has come.
        host.store.write(started)
        await host.launcher.born(shim)
    except LaunchFailed as failed:
        joining.leave(host, container, quietly=True)
        raise launching.understood(failed, record) from failed
    finally:
        for caller in callers:
            os.close(caller.descriptor)
    container.checkup.streak = 0
    container.shim, container.kept, container.end_reason = shim, False, ""
    host.note(container, started.noted(pid=shim.pid))
    joining.tell_joined(host, container)
    mounting.tell(host, container, "mount")
    host.tell(container, "start")
    watch(host, container, shim)


def _started(record: Record, group: str, restart_count: int) -> Record:
    return record.moved(
        Event.START,
        started_at=rfc3339(time.time_ns()),
        finished_at=NEVER,
        exit_code=0,
        error="",
        oom_killed=False,
        restart_count=restart_count,
        health=checkups.first(record),
        stopped_by_hand=False,
        boot=boot_id(),
        cgroup=group,
    )


def _note_failure(host: Host, container: Container, error: EngineError) -> None:
    """The container stays as it was, with the reason and Docker's exit code; waiters hear of it."""
    code = error.code if isinstance(error, NotStartable) else 128
    dismiss(container)
    if container.record.status.state in (State.CREATED, State.EXITED):
        host.save(container, container.record.noted(exit_code=code, error=str(error)))
    container.tell_ended(code)
    if container.record.host.auto_remove:
        host.in_background(remove_after_end(host, container), f"remove {container.id[:12]}")
