"""HTTP/1.1 on a Unix socket, as little of it as Docker's clients use, with streams to hand on.

h11 parses; the bytes are read from the socket itself and not through a transport, so that a
connection's descriptor can be given away at any moment together with what was already read.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate

import h11

from sandbox.dockerapi.server.answers import Answer, Reply, Stream, TakenOver

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 4 << 20
_CHUNK = 1 << 16


class BodyTooLarge(Exception):
    """More than BODY_LIMIT bytes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A connection after HTTP: the caller owns the descriptor now."""

    descriptor: int
    early: bytes


class Exchange:
    """One request and its answer on a connection."""

    def __init__(self, connection: Connection, head: h11.Request) -> None:
        self._connection = connection
        self.method = head.method.decode("ascii")
        self.target = head.target.decode("utf-8", "replace")
        self.headers: Mapping[str, str] = {
            name.decode("ascii"): value.decode("utf-8", "replace") for name, value in head.headers
        }

    async def body(self) -> bytes:
        """The request's body. Raises BodyTooLarge."""
        return await self._connection.body()

    def pieces(self) -> AsyncIterator[bytes]:
        """The request's body as it comes, however long."""
        return self._connection.pieces()

    async def take_over(self, head: bytes) -> Taken:
        """Send head as the last of HTTP and give the connection away."""
        return await self._connection.take_over(head)


Handler = Callable[[Exchange], Awaitable[Reply]]


class Connection:
    """One client; owns its socket until it is taken over."""

    def __init__(self, client: socket.socket, common_headers: Mapping[str, str]) -> None:
        self._socket = client
        self._loop = asyncio.get_running_loop()
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._common = common_headers
        self._bodiless = False  # The request is a HEAD.

    async def serve(self, handler: Handler) -> None:
        """Answer requests until the client goes, errs, or takes the connection over."""
        try:
            while await self._answer_one(handler):
                self._wire.start_next_cycle()
        except (h11.RemoteProtocolError, OSError):
            await self._complain()
        finally:
            self._socket.close()

    async def body(self) -> bytes:
        """The rest of the request. Raises BodyTooLarge."""
        content = bytearray()
        async for piece in self.pieces():
            content += piece
            if len(content) > BODY_LIMIT:
                raise BodyTooLarge
        return bytes(content)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The rest of the request as it comes."""
        if self._wire.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        while self._wire.their_state is h11.SEND_BODY:
            event = await self._next()
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    async def take_over(self, head: bytes) -> Taken:
        """The descriptor is the caller's; what the client sent early comes with it."""
        await self.body()
        await self._loop.sock_sendall(self._socket, head)
        early, _ = self._wire.trailing_data
        return Taken(os.dup(self._socket.fileno()), bytes(early))

    async def _answer_one(self, handler: Handler) -> bool:
        event = await self._next()
        if not isinstance(event, h11.Request):
            return False
        self._bodiless = event.method == b"HEAD"
        match await handler(Exchange(self, event)):
            case Answer() as answer:
                await self._whole(answer)
            case Stream() as stream:
                await self._chunks(stream)
            case TakenOver():
                return False
        return await self._settled()

    async def _settled(self) -> bool:
        """Read what the handler left of the body: the next request starts behind it."""
        try:
            await self.body()
        except BodyTooLarge:
            return False
        return self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE

    async def _whole(self, answer: Answer) -> None:
        headers = {**self._common, "Date": formatdate(usegmt=True), **answer.headers}
        if answer.body is not None:
            headers["Content-Type"] = answer.kind
            headers["Content-Length"] = str(len(answer.body))
        await self._send(
            h11.Response(status_code=answer.status, headers=[*headers.items()]),
            *([h11.Data(data=answer.body)] if answer.body and not self._bodiless else []),
            h11.EndOfMessage(),
        )

    async def _chunks(self, stream: Stream) -> None:
        headers = {**self._common, "Date": formatdate(usegmt=True), **stream.headers}
        headers["Content-Type"] = stream.kind
        headers["Transfer-Encoding"] = "chunked"
        await self._send(h11.Response(status_code=stream.status, headers=[*headers.items()]))
        pump = self._loop.create_task(self._pump(stream))
        self._loop.add_reader(self._socket, self._notice_leaving, pump)
        try:
            await asyncio.gather(pump, return_exceptions=False)
        except asyncio.CancelledError:
            if not pump.cancelled():
                raise
            raise ConnectionResetError from None  # It is the client who left.
        finally:
            self._loop.remove_reader(self._socket)

    async def _pump(self, stream: Stream) -> None:
        async for chunk in stream.chunks:
            await self._send(h11.Data(data=chunk))
        await self._send(h11.EndOfMessage())

    def _notice_leaving(self, pump: asyncio.Task[None]) -> None:
        try:
            waiting = self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            waiting = b""
        self._loop.remove_reader(self._socket)
        if not waiting:
            pump.cancel()

    async def _next(self) -> object:
        while (event := self._wire.next_event()) is h11.NEED_DATA:
            self._wire.receive_data(await self._loop.sock_recv(self._socket, _CHUNK))
        return event

    async def _send(self, *events: h11.Event) -> None:
        data = b"".join(part for event in events if (part := self._wire.send(event)))
        await self._loop.sock_sendall(self._socket, data)

    async def _complain(self) -> None:
        """Answer what is not HTTP, where there is still somebody to answer."""
        if self._wire.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        head = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        try:
            await self._loop.sock_sendall(self._socket, head)
        except OSError:
            return
