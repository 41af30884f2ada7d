"""What a starting engine does with what an earlier one left: finds it again, or cleans it up.

The truth about a container is asked in this order: its shim, if it still answers; exit.json, which
a shim writes before it tells anybody; the host's boot id; what is left is an end nobody saw.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.engine import (
    cgroups,
    connecting,
    executions,
    joining,
    launching,
    naming,
    networking,
    pausing,
    sharing,
)
from sandbox.engine.clock import rfc3339
from sandbox.engine.container import Container
from sandbox.engine.ending import LOST_CODE, record_end
from sandbox.engine.errors import EngineError
from sandbox.engine.remove import delete_tree, remove, remove_after_end
from sandbox.engine.restarts import wanted
from sandbox.engine.shim import Exit, ShimGone
from sandbox.engine.start import boot_id, start, start_again, watch
from sandbox.engine.state import LIVING, State

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.host import Host
    from sandbox.engine.shim import Shim

log = logging.getLogger(__name__)


async def reconcile(host: Host) -> None:
    """Make memory, disk and kernel agree. Call once, before the API answers."""
    host.volumes.load()
    host.networks.load()
    records, halves = host.store.load()
    for record in records:
        host.containers[record.id] = Container(record)
        host.ranges.keep(record.id_range, host.store.directory_of(record.id))
    for container in list(host.containers.values()):
        await _find_again(host, container)
    await networking.reconcile(host)
    await connecting.reconcile(host)
    await naming.reconcile(host)
    key = host.paths.key
    known = {cgroups.name_of(key, container.record) for container in host.containers.values()}
    for name in await asyncio.to_thread(cgroups.sweep, key, known | {host.launcher.spare}):
        log.warning("removed the control groups %s, which no container claims", name)
    for directory in halves:
        await asyncio.to_thread(_remove_half, host, directory)
    host.ranges.sweep()
    host.in_background(_start_by_policy(host), "start by policy")


async def _find_again(host: Host, container: Container) -> None:
    state = container.record.status.state
    if state is State.REMOVING:
        await _go_on_removing(host, container)
        return
    shim = await _shim(host, container)
    if shim is not None:
        _adopt(host, container, shim)
        return
    # Without a shim nothing of it may live on, whatever the record says: the engine may have died
    # between the order to start and its record.
    await asyncio.to_thread(cgroups.end, host.paths.key, container.record)
    if state not in LIVING:
        joining.leave(host, container, quietly=True)
    else:
        record_end(host, container, _how_it_ended(host, container))
        if container.record.host.auto_remove:
            await remove_after_end(host, container)


async def _shim(host: Host, container: Container) -> Shim | None:
    try:
        return await host.launcher.adopt(launching.launch_spec(host, container.record))
    except ShimGone:
        return None


def _adopt(host: Host, container: Container, shim: Shim) -> None:
    container.shim = shim
    status = replace(container.record.status, pid=shim.pid, cgroup=shim.group)
    if status.state not in LIVING:
        # The engine died between the launch and the record of it.
        now = rfc3339(time.time_ns())
        status = replace(status, started_at=now, boot=boot_id())
    state = State.PAUSED if pausing.frozen(host, container) else State.RUNNING
    status = replace(status, state=state)
    if status != container.record.status:
        host.save(container, replace(container.record, status=status))
    executions.recall(host, container, shim)
    watch(host, container, shim)


def _how_it_ended(host: Host, container: Container) -> Exit:
    status = container.record.status
    file = host.store.directory_of(container.id) / "exit.json"
    try:
        found = json.loads(file.read_bytes())
        return Exit(int(found["code"]), bool(found["oom_killed"]), str(found["finished_at"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass
    rebooted = status.boot != boot_id()
    reason = "the host was restarted" if rebooted else "its shim is gone and left no exit status"
    log.warning("container %s: %s", container.id, reason)
    return Exit(LOST_CODE, oom_killed=False, finished_at="", error=reason)


async def _go_on_removing(host: Host, container: Container) -> None:
    try:
        await remove(host, container)
    except EngineError as error:
        log.warning("removal of container %s: %s", container.id, error)


async def _start_by_policy(host: Host) -> None:
    """What the policies ask for when an engine comes; who joins another's network comes last."""
    for joining_others in (False, True):
        every = host.containers.values()
        chosen = [c for c in every if sharing.joins_another(c.record) is joining_others]
        await asyncio.gather(*(_start_one(host, container) for container in chosen))


async def _start_one(host: Host, container: Container) -> None:
    status = container.record.status
    if status.state is State.RESTARTING:
        await start_again(host, container)
    elif status.state is State.EXITED and wanted(container.record, status.exit_code):
        try:
            await start(host, container)
        except EngineError as error:
            log.warning("start of container %s: %s", container.id, error)


def _remove_half(host: Host, directory: Path) -> None:
    host.paths.shim(directory.name).unlink(missing_ok=True)
    delete_tree(directory)
    log.warning("deleted what was left of container %s", directory.name)
