"""Ending a container from outside: kill, stop, restart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, pausing, signals
from sandbox.engine.ending import give_up
from sandbox.engine.errors import AlreadyDone, NotRunning, WrongState
from sandbox.engine.record import DEFAULT_STOP_SIGNAL
from sandbox.engine.restarts import RestartPolicy
from sandbox.engine.start import start
from sandbox.engine.state import State

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record

DEFAULT_PATIENCE = 10.0  # seconds between the stop signal and SIGKILL
_SIGKILL = 9
_SHIM_SECONDS = 3.0  # For the shim to pass SIGKILL on.
_END_SECONDS = 30.0  # For the kernel to end processes after SIGKILL.


async def kill(host: Host, container: Container, number: int, *, asked_as: str) -> None:
    """Send a signal to the first process; of SIGKILL, wait for the end as dockerd does.

    Raises WrongState with dockerd's text.
    """
    if not container.active:
        raise WrongState(f"cannot kill container: {asked_as}: {NotRunning(container.id)}")
    if not await _runs(host, container, number):
        return
    if number == _SIGKILL:
        await force_end(host, container)
    else:
        await _signal(host, container, number)


async def stop(
    host: Host, container: Container, *, patience: float | None = None, signal: str = ""
) -> None:
    """Ask the program to end, and end it when it does not. Negative patience waits for ever.

    Raises AlreadyDone when it does not run, ValueError for an unknown signal.
    """
    config = container.record.config
    if not container.active:
        raise AlreadyDone(f"container {container.id} is already stopped")
    number = signals.number(signal or config.stop_signal or DEFAULT_STOP_SIGNAL)
    if patience is None:
        patience = DEFAULT_PATIENCE if config.stop_timeout is None else config.stop_timeout
    if await _runs(host, container, number):
        end = container.next_end()
        await _signal(host, container, number)
        if not await _ends(end, None if patience < 0 else patience):
            await force_end(host, container)
    host.tell(container, "stop")


async def restart(host: Host, container: Container, *, patience: float | None = None) -> None:
    """Stop, when it runs, and start."""
    if container.active:
        container.kept = True
        await stop(host, container, patience=patience)
    await start(host, container)
    host.tell(container, "restart")


async def force_end(host: Host, container: Container) -> None:
    """SIGKILL, and wait until it is recorded as ended. Raises WrongState when it will not end."""
    if not await _runs(host, container, _SIGKILL):
        return
    end = container.next_end()
    await _signal(host, container, _SIGKILL)
    if not await _ends(end, _SHIM_SECONDS) and not await _ends_with_its_group(host, container):
        raise WrongState(f"container {container.id} does not end: a process hangs in the kernel")


async def _ends_with_its_group(host: Host, container: Container) -> bool:
    """Where the shim is too slow, or a frozen group keeps the signal from arriving."""
    if not container.running:
        return True
    end = container.next_end()
    await asyncio.to_thread(cgroups.group_of(host.paths.key, container.record).kill)
    return await _ends(end, _END_SECONDS)


async def _runs(host: Host, container: Container, number: int) -> bool:
    """Whether there is somebody to signal; as in Docker, who is signalled does not start again.

    Only a container with a stop signal of its own goes on with its restarts after another one.
    """
    record = container.record
    if record.host.restart_policy != RestartPolicy.NO and not record.status.stopped_by_hand:
        host.save(container, record.noted(stopped_by_hand=True))
    if _final(record, number):
        container.restarts.over.set()
    if container.record.status.state is State.RESTARTING:
        container.restarts.over.set()
        async with container.lock:
            if container.record.status.state is State.RESTARTING:
                give_up(host, container)
    return container.running and container.shim is not None


async def _signal(host: Host, container: Container, number: int) -> None:
    """Send it. A paused container goes on by what may end it, and hears it then."""
    assert container.shim is not None
    container.shim.signal(number)
    host.tell(container, "kill", signal=str(number))
    if _final(container.record, number):
        await pausing.resume(host, container)


def _final(record: Record, number: int) -> bool:
    """Whether the signal counts as an end: any, unless the container has one of its own."""
    own = record.config.stop_signal
    return not own or number in (_SIGKILL, signals.number(own))


async def _ends(end: asyncio.Future[int], seconds: float | None) -> bool:
    done, _ = await asyncio.wait((end,), timeout=seconds)
    end.cancel()
    return bool(done)
