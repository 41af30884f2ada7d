"""--sysctl: switches of a container's own network and ipc namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.errors import BadParameter, StartFailed
from sandbox.engine.network import CONTAINER, HOST

if TYPE_CHECKING:
    from sandbox.engine.record import HostConfig

_IPC = {
    *("kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall"),
    *("kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"),
}
_RUNC = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    "runc create failed: "
)


def check(name: str) -> None:
    """That it is one of a namespace. Raises BadParameter."""
    parts = name.split(".")
    namespaced = name in _IPC or name.startswith(("net.", "fs.mqueue."))
    if not namespaced or "/" in name or not all(parts):
        raise BadParameter(f'sysctl "{name}" is not in a separate kernel namespace')


def checked(limits: HostConfig, domain: str) -> tuple[tuple[str, str], ...]:
    """As paths below /proc/sys, with their values; the domain name is one too.

    Raises StartFailed, as runc refuses them.
    """
    shared = limits.network_mode == HOST or limits.network_mode.startswith(CONTAINER)
    for name in limits.sysctls or {}:
        if shared and name.startswith("net."):
            where = "in host network namespace"
            raise StartFailed(f'{_RUNC}sysctl "{name}" not allowed {where}: unknown')
    # With --uts host it would be the host's.
    asked = {"kernel.domainname": domain} if domain and not limits.uts_mode else {}
    asked |= limits.sysctls or {}
    return tuple((name.replace(".", "/"), value) for name, value in asked.items())
