"""What may be done through which socket.

The full socket is root's. Through the labs socket, which the web process may open, only labs exist:
every other container answers as if it were not there, and a new one may ask for a short list of
things and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import Forbidden, NoSuchContainer, NoSuchExec
from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from sandbox.engine.container import Container, Exec
    from sandbox.engine.host import Host

_LAB_FIELDS = {"Image", "Cmd", "Entrypoint", "Env", "Labels", "Hostname", "User", "WorkingDir"}
_LAB_FIELDS |= {"Tty", "OpenStdin", "HostConfig"}
_LAB_HOST_FIELDS = {"Runtime", "Memory", "NanoCpus", "PidsLimit", "StorageOpt"}


class Policy(StrEnum):
    """The rights of a socket."""

    FULL = "full"
    LABS = "labs"


def visible(policy: Policy, container: Container) -> bool:
    """Whether the container exists as far as this socket goes."""
    return policy is Policy.FULL or container.record.host.runtime == LAB_RUNTIME


def granted(host: Host, policy: Policy, name: str) -> Container:
    """The one door to a container. Raises NoSuchContainer for those out of sight, too."""
    container = host.find(name)
    if not visible(policy, container):
        raise NoSuchContainer(name)
    return container


def granted_exec(host: Host, policy: Policy, identity: str) -> tuple[Container, Exec]:
    """The one door to an exec instance. Raises NoSuchExec."""
    for container in host.containers.values():
        found = container.execs.get(identity)
        if found and visible(policy, container):
            return container, found
    raise NoSuchExec(identity)


def check_full(policy: Policy) -> None:
    """Networks and volumes are nobody's but root's. Raises Forbidden."""
    if policy is not Policy.FULL:
        raise Forbidden("not through this socket: it is for labs, which have neither")


def check_creation(policy: Policy, body: Mapping[str, Any]) -> None:
    """Refuse what may not be asked for through the labs socket. Raises Forbidden."""
    if policy is Policy.FULL:
        return
    host = body.get("HostConfig")
    asked = host if isinstance(host, dict) else {}
    if asked.get("Runtime") != LAB_RUNTIME:
        raise Forbidden("through this socket only containers of runtime 'lab' can be created")
    _refuse_others(body, _LAB_FIELDS, "")
    _refuse_others(asked, _LAB_HOST_FIELDS, "HostConfig.")


def _refuse_others(asked: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    others = sorted(name for name, value in asked.items() if value and name not in allowed)
    if others:
        names = ", ".join(where + name for name in others)
        raise Forbidden(f"not allowed through this socket: {names}")
