"""Another container's processes, and the host's name: --pid container:ID and --uts host.

Shared is what can be seen. Every container has ids of its own, so that it can signal or trace
nobody of another; memory and semaphores of another would be closed to it, and are not shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.errors import BadParameter, NoSuchContainer, NotRunning, StartFailed
from sandbox.engine.network import CONTAINER

if TYPE_CHECKING:
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record


def settled(host: Host, mode: str) -> str:
    """--pid with the other's id in place of its name. Raises BadParameter."""
    try:
        return mode and CONTAINER + host.find(mode.removeprefix(CONTAINER)).id
    except NoSuchContainer as error:  # The creator's mistake: 404 would mean the image.
        raise BadParameter(str(error)) from None


def pids(host: Host, record: Record) -> str:
    """The namespace's file, for a start. Raises StartFailed."""
    mode = record.host.pid_mode
    if not mode:
        return ""
    try:
        other = host.find(mode.removeprefix(CONTAINER))
    except NoSuchContainer as error:
        raise StartFailed(f"failed to join PID namespace: {error}") from None
    if not other.running:
        raise StartFailed(f"failed to join PID namespace: {NotRunning(other.id)}")
    return f"/proc/{other.record.status.pid}/ns/pid"


def joins_another(record: Record) -> bool:
    """Whether it can only start while another container runs."""
    modes = (record.host.network_mode, record.host.pid_mode)
    return any(mode.startswith(CONTAINER) for mode in modes)
