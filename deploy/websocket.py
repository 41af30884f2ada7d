"""Daphne's WebSocket without what it does for every frame besides carrying it.

Twisted writes in the next turn of its loop, after telling the kernel that it wants to; autobahn
colours the names in log lines that nobody reads, and takes a keystroke through fifteen functions;
then a queue and a task switch: together more than half of the web process's share of an echo.
Whatever is not plain takes the usual way.
"""

from __future__ import annotations

import asyncio
import struct
import time
from typing import TYPE_CHECKING, Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor

if TYPE_CHECKING:
    from collections.abc import Callable


OPEN = WebSocketProtocol.STATE_OPEN
# RFC 6455, 5.2: a final binary frame; a mask, and a length that stands in the same byte.
FINAL_BINARY, MASKED, SHORT, HEAD = 0x82, 0x80, 125, 6
MEDIUM = 1 << 16
# An ASGI extension: {"type": TAKE, "by": f, "give": g} has f called with each binary message as it
# comes, and g once with a function that sends one.
TAKE = "terrarium.take"


def key_frame(data: bytes) -> bytes:
    """The payload when data is one short whole masked binary frame, b"" for anything else."""
    if len(data) <= HEAD or data[0] != FINAL_BINARY or data[1] != MASKED | (len(data) - HEAD):
        return b""
    size = len(data) - HEAD
    if size > SHORT:
        return b""
    mask = (data[2:HEAD] * (size // 4 + 1))[:size]
    return (int.from_bytes(data[HEAD:], "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


def _head(size: int) -> bytes:
    """Of a final binary frame without a mask."""
    if size <= SHORT:
        return struct.pack(">BB", FINAL_BINARY, size)
    if size < MEDIUM:
        return struct.pack(">BBH", FINAL_BINARY, SHORT + 1, size)
    return struct.pack(">BBQ", FINAL_BINARY, SHORT + 2, size)


class PromptProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Hands bytes over in the turn in which they come."""

    taker: Callable[[bytes], object] | None = None

    def handle_reply(self, message: dict[str, Any]) -> None:
        """What the application says."""
        if message["type"] == TAKE:
            self.taker = message["by"]
            message["give"](self.give)
            # Twisted's own reader, without the logging context that it copies for each keystroke.
            read = reactor._readOrWrite  # noqa: SLF001 - nothing else reads and hangs up as it does
            loop = asyncio.get_running_loop()
            loop.add_reader(self.transport.fileno(), read, self.transport, True)  # noqa: FBT003 - to read
        else:
            super().handle_reply(message)

    def give(self, message: bytes) -> None:
        """Send a binary message; nothing once the connection is no longer open."""
        self.serverSend(message, binary=True)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803, FBT001 - autobahn's
        """A whole message of the browser; one that waits in the queue is not overtaken."""
        if self.taker and isBinary and not self.muted and self.application_queue.empty():
            self.last_ping = time.time()
            self.taker(payload)
        else:
            super().onMessage(payload, isBinary)

    def serverSend(self, content: bytes | str, binary: bool = False) -> None:  # noqa: N802, FBT001, FBT002 - Daphne's
        """A whole message for the browser."""
        if isinstance(content, bytes) and binary and self.state == OPEN:
            self.sendData(_head(len(content)) + content)
        else:
            super().serverSend(content, binary)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's
        """Bytes of the browser."""
        between = self.state == OPEN and not self.data and self.current_frame is None
        if between and not self.inside_message and (payload := key_frame(data)):
            self.onMessage(payload, True)  # noqa: FBT003 - autobahn's
            return
        self._dataReceived(data)

    def sendData(  # noqa: N802 - autobahn's
        self,
        data: bytes,
        sync: bool = False,  # noqa: FBT001, FBT002 - autobahn's
        chopsize: int | None = None,
    ) -> None:
        """Bytes for the browser."""
        transport = self.transport
        waiting = transport.dataBuffer or transport._tempDataBuffer  # noqa: SLF001 - nothing else tells
        if sync or chopsize or self.send_queue or waiting or transport.disconnecting:
            super().sendData(data, sync, chopsize)
            return
        written = transport.writeSomeData(data)
        # An exception says that the connection is lost; the reading side hears of it, too.
        if isinstance(written, int) and written < len(data):
            transport.write(data[written:])


class PromptServer(Server):  # type: ignore[misc]  # Daphne has no types
    """Tells applications what its sockets can do."""

    def create_application(self, protocol: object, scope: dict[str, Any]) -> object:
        """The application's queue; as Daphne has it."""
        if isinstance(protocol, PromptProtocol):
            scope["extensions"] = {TAKE: {}}
        return super().create_application(protocol, scope)


def install() -> None:
    """From now on Daphne makes its WebSockets so."""
    WebSocketFactory.protocol = PromptProtocol
    CommandLineInterface.server_class = PromptServer
