"""The resolver as a process beside the engine: started with the first network that needs it.

It outlives the engine. The next one finds it by its socket and tells it what has changed meanwhile;
where it was killed, a new one gets new sockets in the networks of all running containers.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine import bridges, netfiles, networking
from sandbox.engine.network import PREDEFINED
from sandbox.kernel.process import pidfd_open
from sandbox.kernel.resolving import resolver_sockets
from sandbox.shim import wire

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import os, sys; os.dup2({listener}, 3); sys.path.insert(0, {root!r}); "
    "from sandbox.resolver.server import main; sys.exit(main())"
)


class Resolver:
    """Our end of the connection to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None  # Where we started it.

    @property
    def connected(self) -> bool:
        """Whether it is there, as far as we know."""
        return self._channel is not None

    def find(self) -> bool:
        """Connect to the one that is there."""
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            channel.connect(str(self.path))
        except OSError:
            channel.close()
            return False
        self._channel = channel
        return True

    def begin(self) -> None:
        """Start one, in a session of its own, and connect."""
        self.path.unlink(missing_ok=True)
        with wire.listen(str(self.path)) as listener:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [
                    sys.executable,
                    *("-I", "-S", "-c"),
                    PROGRAM.format(listener=listener.fileno(), root=str(ROOT)),
                ],
                pass_fds=(listener.fileno(),),
                cwd="/",
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            if not self.find():
                raise OSError("the resolver does not listen")

    def say(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """Tell it; what it misses because it has died, the next one is told whole."""
        if self._channel is not None:
            try:
                socket.send_fds(self._channel, [json.dumps(message).encode()], list(descriptors))
            except ConnectionError:
                return

    def watch(self, host: Host) -> None:
        """Be told of its end."""
        assert self._channel is not None
        asyncio.get_running_loop().add_reader(self._channel, self._ended, host)

    def close(self) -> None:
        """Let it go on alone."""
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel)
            self._channel.close()
            self._channel = None

    def _ended(self, host: Host) -> None:
        self.close()
        if self._process is not None:
            self._process.wait()
            self._process = None
        host.in_background(begin_again(host), "resolver")


def ready(host: Host) -> None:
    """Have it there. OSError: it could not be started."""
    if not host.resolver.connected:
        if not host.resolver.find():
            host.resolver.begin()
        host.resolver.watch(host)


def tell(host: Host, container: Container) -> None:
    """Where a container is now; one on no network of names is nowhere."""
    record = container.record
    networks = {
        endpoint.network_id: {
            "names": networking.names(record, endpoint),
            "full_name": f"{record.name}.{endpoint.network}",
            "address": endpoint.address,
        }
        for endpoint in record.endpoints
        if endpoint.id and endpoint.network not in PREDEFINED
    }
    if not networks:
        forget(host, container)
        return
    ready(host)
    outside = any(endpoint.gateway for endpoint in record.endpoints)
    upstream = netfiles.upstream(record) if outside else ()
    host.resolver.say({"places": container.id, "networks": networks, "upstream": upstream})


def forget(host: Host, container: Container) -> None:
    """It is nowhere any more."""
    host.resolver.say({"gone": container.id})


async def open_room(host: Host, container: Container) -> None:
    """Sockets in a running container's network, where boot has made none."""
    pid = container.record.status.pid
    handed: list[socket.socket] = []
    pidfd = pidfd_open(pid)
    try:
        await asyncio.to_thread(bridges.within, pid, lambda: handed.extend(resolver_sockets()))
        numbers = tuple(channel.fileno() for channel in handed)
        host.resolver.say({"room": container.id}, (*numbers, pidfd))
    finally:
        os.close(pidfd)
        for channel in handed:
            channel.close()


async def reconcile(host: Host) -> None:
    """Find the one of our predecessor, or have a new one, when a container needs it."""
    needing = [c for c in host.containers.values() if c.running and asks(c)]
    if host.resolver.find():
        host.resolver.watch(host)
        host.resolver.say({"only": [container.id for container in needing]})
        for container in needing:
            tell(host, container)
    elif needing:
        await begin_again(host)


async def begin_again(host: Host) -> None:
    """A new one, for all that run."""
    for container in list(host.containers.values()):
        if not (container.running and asks(container)):
            continue
        try:
            tell(host, container)
            await open_room(host, container)
        except OSError as error:
            log.error("names for %s: %s", container.id[:12], error)  # noqa: TRY400 - the kernel's word


def asks(container: Container) -> bool:
    """Whether it is on a network of names."""
    return any(e.id and e.network not in PREDEFINED for e in container.record.endpoints)
