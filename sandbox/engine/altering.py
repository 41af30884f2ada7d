"""What may be changed of a container that is there: its name, its limits, its restart policy."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, names, naming
from sandbox.engine.create import check_memory
from sandbox.engine.errors import BadParameter, NameTaken, WrongState
from sandbox.engine.restarts import RestartPolicy
from sandbox.engine.state import State

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.record import HostConfig

_NANO = 1_000_000_000
_NO_LIMIT = -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """None and 0 leave what is there."""

    memory: int = 0  # bytes
    memory_swap: int = 0  # bytes of both together
    nano_cpus: int = 0
    pids_limit: int | None = None  # 0 and less lift the limit.
    restart: tuple[RestartPolicy, int] | None = None


def rename(host: Host, container: Container, name: str) -> None:
    """Raises BadParameter, WrongState with dockerd's texts."""
    old = container.record.name
    if not name:
        raise BadParameter("Neither old nor new names may be empty")
    if name.removeprefix("/") == old:
        raise BadParameter("Renaming a container with the same name as its current name")
    failed = "Error when allocating new name"
    try:
        new = names.checked(f"/{name.removeprefix('/')}")
    except BadParameter as error:
        raise BadParameter(f"{failed}: {error}") from None
    if holder := host.names().get(new):
        raise WrongState(f"{failed}: {NameTaken(new, holder)}")
    host.save(container, replace(container.record, name=new))
    naming.tell(host, container)
    host.tell(container, "rename", oldName=f"/{old}")


def check(wanted: Wanted) -> None:
    """What can be seen without the container. Raises BadParameter."""
    check_memory(wanted.memory)


async def update(host: Host, container: Container, wanted: Wanted) -> None:
    """For now and for later starts. Precondition: checked. Raises BadParameter, WrongState."""
    async with container.lock:
        record = container.record
        if record.status.state in (State.REMOVING, State.DEAD):
            raise _refused(container, f"it is {record.status.state}")
        limits = _altered(record.host, wanted)
        if limits.auto_remove and limits.restart_policy != RestartPolicy.NO:
            reason = "Restart policy cannot be updated because AutoRemove is enabled for the"
            raise _refused(container, f"{reason} container")
        # Memory and swap together are twice the memory where nobody has said otherwise.
        if wanted.memory > 2 * record.host.memory and not wanted.memory_swap:
            reason = "Memory limit should be smaller than already set memoryswap limit"
            raise _refused(container, f"{reason}, update the memoryswap at the same time")
        if container.running:
            await asyncio.to_thread(_limit, host, container, wanted)
        host.save(container, replace(container.record, host=limits))
        host.tell(container, "update")


def _altered(limits: HostConfig, wanted: Wanted) -> HostConfig:
    policy, most = wanted.restart or (limits.restart_policy, limits.restart_limit)
    return replace(
        limits,
        memory=wanted.memory or limits.memory,
        nano_cpus=wanted.nano_cpus or limits.nano_cpus,
        pids_limit=limits.pids_limit if wanted.pids_limit is None else wanted.pids_limit,
        restart_policy=policy,
        restart_limit=most,
    )


def _limit(host: Host, container: Container, wanted: Wanted) -> None:
    group = cgroups.group_of(host.paths.key, container.record)
    pids = wanted.pids_limit
    try:
        group.limit(
            memory=wanted.memory or None,
            cpu=wanted.nano_cpus / _NANO or None,
            pids=_NO_LIMIT if pids is not None and pids <= 0 else pids,
        )
    except OSError as error:  # EBUSY: it uses more than that.
        raise _refused(container, f"{error.strerror}: {error.filename}") from error


def _refused(container: Container, reason: str) -> WrongState:
    return WrongState(f"Cannot update container {container.id}: {reason}")
