"""One container's questions: the two sockets at 127.0.0.11 in its network."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.resolver import messages
from sandbox.resolver.messages import Question

if TYPE_CHECKING:
    from sandbox.resolver.table import Table

AT_ONCE = 64  # questions of one container that wait for the world outside
PATIENCE = 3.0  # seconds for each server
IDLE = 10.0  # seconds of a connection without a question
_MOST_SERVERS = 3
_PORT = 53
_LENGTH = struct.Struct("!H")
_MOST_TCP = 65535
Ask = Callable[[str, bytes], Coroutine[None, None, bytes]]


class Room(asyncio.DatagramProtocol):
    """Lives as long as the container's first process: a pidfd tells the end."""

    def __init__(self, container: str, table: Table, ended: Callable[[], None]) -> None:
        self._container, self._table, self._ended = container, table, ended
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._pidfd = -1
        self._asked: set[asyncio.Task[None]] = set()

    async def open(self, udp: socket.socket, tcp: socket.socket, pidfd: int) -> None:
        """Answer from now on."""
        loop = asyncio.get_running_loop()
        self._pidfd = pidfd
        loop.add_reader(pidfd, self._ended)
        self._datagrams, _ = await loop.create_datagram_endpoint(lambda: self, sock=udp)
        self._server = await asyncio.start_server(self._converse, sock=tcp)

    def close(self) -> None:
        """Free the sockets, and with them the container's network namespace."""
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        if self._datagrams is not None:
            self._datagrams.abort()
        if self._server is not None:
            self._server.close()
        for task in self._asked:
            task.cancel()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A question."""
        asked = messages.question(data)
        if asked is None:
            return
        if (known := self._known(asked, messages.MOST)) is not None:
            self._reply(known, addr)
        elif len(self._asked) >= AT_ONCE:
            self._reply(messages.failed(asked, messages.SERVER_FAILURE), addr)
        else:
            self._in_background(self._forward(asked, data, addr))

    async def _forward(self, asked: Question, data: bytes, addr: tuple[str, int]) -> None:
        self._reply(await self._outside(asked, data, _by_datagram), addr)

    def _reply(self, answer: bytes, addr: tuple[str, int]) -> None:
        if self._datagrams is not None:
            self._datagrams.sendto(answer, addr)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            while len(self._asked) < AT_ONCE:
                data = await asyncio.wait_for(_framed(reader), IDLE)
                asked = messages.question(data)
                if asked is None:
                    break
                answer = self._known(asked, _MOST_TCP)
                if answer is None:
                    answer = await self._outside(asked, data, _by_stream)
                writer.write(_LENGTH.pack(len(answer)) + answer)
                await writer.drain()
        writer.close()

    def _known(self, asked: Question, most: int) -> bytes | None:
        """The answer where the name is a container's, None where it is not."""
        if address := messages.reversed_address(asked.name):
            name = self._table.name_of(self._container, address)
            if not name:
                return None
            values = [messages.pointer(name)] if asked.kind == messages.PTR else []
            return messages.answered(asked, values, most=most)
        found = self._table.addresses(self._container, asked.name)
        if not found:
            return None
        if asked.kind != messages.A:
            return messages.answered(asked, (), most=most)
        values = [messages.address(one) for one in self._table.in_turn(found)]
        return messages.answered(asked, values, most=most)

    async def _outside(self, asked: Question, data: bytes, ask: Ask) -> bytes:
        places = self._table.places.get(self._container)
        for server in places.upstream[:_MOST_SERVERS] if places else ():
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                answer = await asyncio.wait_for(ask(server, data), PATIENCE)
                if answer[:2] == data[:2]:
                    return answer
        return messages.failed(asked, messages.SERVER_FAILURE)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)


async def _by_datagram(server: str, data: bytes) -> bytes:
    """Connected, so that the answer can only be the server's."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
        await loop.sock_connect(channel, (server, _PORT))
        await loop.sock_sendall(channel, data)
        while True:
            answer = await loop.sock_recv(channel, _MOST_TCP)
            if answer[:2] == data[:2]:
                return answer


async def _by_stream(server: str, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server, _PORT)
    try:
        writer.write(_LENGTH.pack(len(data)) + data)
        return await _framed(reader)
    finally:
        writer.close()


async def _framed(reader: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return await reader.readexactly(length)
