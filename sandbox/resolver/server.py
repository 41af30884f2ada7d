"""The resolver's life: told by engines who is where, it answers until its containers have ended.

It is nobody, opens no file, and holds what it was handed: for each container two sockets that boot
made in the container's network, and a pidfd. So it outlives the engine, and a container that has
ended costs nothing. It ends itself when no container and no engine is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from contextlib import suppress
from typing import Any

from sandbox.kernel.process import PR, close_range, prctl, set_name
from sandbox.resolver.room import Room
from sandbox.resolver.table import Place, Places, Table

LISTENER = 3
NOBODY = 65534
MOST = 256 * 1024  # bytes of a message
_HANDED = 3  # descriptors: UDP, TCP, pidfd


def main() -> int:
    """Serve the socket that the engine left at descriptor 3."""
    set_name("terrarium-name")
    listener = socket.socket(fileno=LISTENER)
    close_range(LISTENER + 1)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    prctl(PR.SET_NO_NEW_PRIVS, 1)
    asyncio.run(Resolver(listener).serve())
    return 0


class Resolver:
    """All rooms, and the table that they read."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._table = Table()
        self._rooms: dict[str, Room] = {}
        self._visitors: set[socket.socket] = set()
        self._idle = asyncio.Event()

    async def serve(self) -> None:
        """Until nobody is left."""
        loop = asyncio.get_running_loop()
        self._listener.settimeout(0)
        loop.add_reader(self._listener, self._welcome)
        await self._idle.wait()

    def _welcome(self) -> None:
        with suppress(BlockingIOError):
            visitor, _ = self._listener.accept()
            visitor.settimeout(0)
            self._visitors.add(visitor)
            asyncio.get_running_loop().add_reader(visitor, self._hear, visitor)

    def _hear(self, visitor: socket.socket) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(visitor, MOST, _HANDED)
        except BlockingIOError:
            return
        except ConnectionError:
            data, descriptors = b"", []
        if not data:
            asyncio.get_running_loop().remove_reader(visitor)
            visitor.close()
            self._visitors.discard(visitor)
            self._leave_if_alone()
            return
        self._obey(json.loads(data), descriptors)

    def _obey(self, said: dict[str, Any], descriptors: list[int]) -> None:
        match said:
            case {"room": str(container)}:
                self._open(container, descriptors)
            case {"places": str(container), "networks": networks, "upstream": upstream}:
                there = {
                    network: Place(tuple(place["names"]), place["full_name"], place["address"])
                    for network, place in networks.items()
                }
                self._table.put(container, Places(there, tuple(upstream)))
            case {"gone": str(container)}:
                self._table.drop(container)
            case {"only": [*containers]}:
                self._table.keep(set(containers))
            case _:
                raise ValueError(f"not a message of the engine's: {said}")

    def _open(self, container: str, descriptors: list[int]) -> None:
        self._close(container)
        udp, tcp, pidfd = descriptors
        room = self._rooms[container] = Room(container, self._table, lambda: self._end(container))
        opening = room.open(socket.socket(fileno=udp), socket.socket(fileno=tcp), pidfd)
        task = asyncio.get_running_loop().create_task(opening)
        task.add_done_callback(lambda done: done.result())

    def _end(self, container: str) -> None:
        self._close(container)
        self._table.drop(container)
        self._leave_if_alone()

    def _close(self, container: str) -> None:
        if room := self._rooms.pop(container, None):
            room.close()

    def _leave_if_alone(self) -> None:
        if not self._rooms and not self._visitors:
            self._idle.set()
