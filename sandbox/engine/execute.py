"""Running a further program in a container: `docker exec`."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING

from sandbox.engine import executions, launching
from sandbox.engine.attach import check_not_resting, pass_on
from sandbox.engine.container import Exec, ExecState
from sandbox.engine.errors import BadParameter, NotRunning, NotStartable, ProcessGone, WrongState
from sandbox.engine.shim import ExecFailed

if TYPE_CHECKING:
    from sandbox.engine.container import Caller, Container, ExecConfig
    from sandbox.engine.host import Host
    from sandbox.engine.shim import Shim
    from sandbox.engine.spec import ExecSpec

MOST_ENDED = 32  # Ended instances that are kept for inspect.
NOT_RUN = 126


def prepare(host: Host, container: Container, config: ExecConfig, *, asked_as: str) -> Exec:
    """Record what shall run. Raises NotRunning, WrongState, BadParameter."""
    if not config.args:
        raise BadParameter("No exec command specified")
    check_not_resting(container)
    if not container.running:
        raise NotRunning(container.id)
    _check_not_paused(container, asked_as)
    _forget_oldest(container)
    instance = Exec(secrets.token_hex(32), config)
    container.execs[instance.id] = instance
    executions.remember(host, container)
    host.tell(container, f"exec_create: {_shown(config)}", execID=instance.id)
    return instance


def check_startable(container: Container, instance: Exec) -> None:
    """Raises WrongState for one that has run, NotRunning when the container does not."""
    if instance.state is not ExecState.CREATED:
        raise WrongState(f"Error: Exec command {instance.id} has already run")
    if container.shim is None:
        raise NotRunning(container.id)
    _check_not_paused(container, container.id)


async def run(host: Host, container: Container, instance: Exec, caller: Caller | None) -> None:
    """Start it, with its output going to caller, whose descriptor is taken over.

    Raises WrongState, NotRunning, and NotStartable with Docker's text: then it counts as ended.
    """
    with ExitStack() as undo:
        if caller is not None:
            undo.callback(os.close, caller.descriptor)
        check_startable(container, instance)
        assert container.shim is not None
        spec = launching.exec_spec(container.record, instance)
        undo.pop_all()  # From here on it belongs to the shim's end.
    instance.state = ExecState.RUNNING
    host.tell(container, f"exec_start: {_shown(instance.config)}", execID=instance.id)
    try:
        instance.pid = await _started(container.shim, spec, caller)
    except ExecFailed as failed:
        instance.state, instance.exit_code = ExecState.EXITED, NOT_RUN
        instance.over.set()
        raise NotStartable(launching.exec_text(failed, spec.cwd), NOT_RUN) from failed
    finally:
        executions.remember(host, container)


async def _started(shim: Shim, spec: ExecSpec, caller: Caller | None) -> int:
    try:
        launching.check_directory(spec)
    except ExecFailed:
        if caller is not None:
            os.close(caller.descriptor)
        raise
    return await shim.exec(spec, caller)


def show(container: Container, instance: Exec, caller: Caller) -> None:
    """Attach a terminal to a started program; an ended one replays and says so."""
    if container.shim is None:
        os.close(caller.descriptor)
    else:
        pass_on(container.shim, instance.id, caller)


def resize(container: Container, instance: Exec, rows: int, columns: int) -> None:
    """Raises ProcessGone where there is no process."""
    if instance.state is not ExecState.RUNNING or container.shim is None:
        raise ProcessGone(f"process does not exist {instance.id}: not found")
    container.shim.resize(instance.id, rows, columns)


def _check_not_paused(container: Container, asked_as: str) -> None:
    if container.paused:
        raise WrongState(f"Container {asked_as} is paused, unpause the container before exec")


def _shown(config: ExecConfig) -> str:
    """The program, a space, its arguments: as dockerd's events have it."""
    return f"{config.args[0]} {' '.join(config.args[1:])}"


def _forget_oldest(container: Container) -> None:
    ended = [e.id for e in container.execs.values() if e.state is ExecState.EXITED]
    for identity in ended[: max(len(ended) - MOST_ENDED + 1, 0)]:
        del container.execs[identity]
