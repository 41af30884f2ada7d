"""The sockets that the API listens on, and the clients on them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import suppress
from pathlib import Path

from sandbox.dockerapi.server.http import Connection, Handler
from sandbox.dockerapi.server.versions import COMMON_HEADERS

log = logging.getLogger(__name__)
_BACKLOG = 128
_LONGEST_PATH = 107  # unix(7), sun_path with its final null


class AlreadyServed(Exception):
    """Another engine answers on that path."""


def bind(path: Path, *, mode: int, gid: int = -1) -> socket.socket:
    """A listening socket at path; a dead one there is replaced. Raises AlreadyServed, OSError."""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise OSError(f"{path}: a Unix socket's path has at most {_LONGEST_PATH} bytes")
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if _answers(path):
        raise AlreadyServed(str(path))
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # Nobody may connect between bind and chown.
    try:
        listener.bind(os.fspath(path))
        os.chown(path, -1, gid)
        path.chmod(mode)
        listener.listen(_BACKLOG)
        listener.settimeout(0)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


async def serve(listener: socket.socket, handler: Handler) -> None:
    """Answer clients until cancelled; then end those that are still there."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as clients:
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError as error:
                log.error("accept: %s", error)  # noqa: TRY400 - out of descriptors is no traceback's matter
                await asyncio.sleep(0.1)  # Nothing tells when descriptors are free again.
                continue
            clients.create_task(_one(client, handler))


async def _one(client: socket.socket, handler: Handler) -> None:
    client.settimeout(0)
    try:
        await Connection(client, COMMON_HEADERS).serve(handler)
    # One client's failure must not end the others; it is logged whole.
    except Exception:
        log.exception("a connection failed")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(os.fspath(path))
        return True
    return False
