"""A WebSocket client that costs little, and the same for every server: blocking, frame by frame."""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import struct
from typing import TYPE_CHECKING

from sandbox.terminal.frames import (
    Ack,
    Exited,
    Hello,
    Input,
    Notice,
    Output,
    Resize,
    Welcome,
    decode_served,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
READ = 1 << 20


class Closed(Exception):
    """The server has closed the socket, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class WebSocket:
    """One client connection to a server on loopback."""

    def __init__(
        self,
        port: int,
        path: str = "/",
        *,
        protocol: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = bytearray()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._held:
            self._fill()
        head, _, rest = bytes(self._held).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            self.socket.close()
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        self._held = bytearray(rest)

    def send(self, payload: bytes, kind: int = BINARY) -> None:
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | kind, 0x80 | 127, size)
        # A mask of zeros is a mask, and leaves the client's arithmetic out of the measurement.
        self.socket.sendall(head + b"\0\0\0\0" + payload)

    def receive(self) -> bytes:
        """The next message. Raises Closed, TimeoutError."""
        while True:
            frame = self._frame()
            if frame is None:
                self._fill()
                continue
            kind, payload = frame
            if kind in {TEXT, BINARY}:
                return payload
            if kind == CLOSE:
                raise Closed(struct.unpack(">H", payload[:2])[0] if payload else 1005)
            if kind == PING:
                self.send(payload, PONG)

    def waits(self, seconds: float) -> bool:
        """Whether something has come, or comes within so many seconds."""
        return len(self._held) > 0 or bool(select.select([self.socket], [], [], seconds)[0])

    def cut(self) -> None:
        """End the connection without a word, as a lost network does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _fill(self) -> None:
        data = self.socket.recv(READ)
        if not data:
            raise Closed(1006)
        self._held += data

    def _frame(self) -> tuple[int, bytes] | None:
        held = self._held
        if len(held) < 2:
            return None
        size, at = held[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(held[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(held[2:10], "big"), 10
        if len(held) < at + size:
            return None
        payload = bytes(held[at : at + size])
        kind = held[0] & 0x0F
        del held[: at + size]
        return kind, payload


class RawTerminal:
    """Binary messages are the terminal's bytes: the floor, and the small server on node-pty."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket

    def type(self, data: bytes) -> None:
        self.socket.send(data)

    def read(self) -> bytes:
        return self.socket.receive()


class TerminadoTerminal(RawTerminal):
    """terminado's JSON: ["stdin", text] and ["stdout", text]."""

    def type(self, data: bytes) -> None:
        self.socket.send(json.dumps(["stdin", data.decode()]).encode(), TEXT)

    def read(self) -> bytes:
        kind, *rest = json.loads(self.socket.receive())
        return rest[0].encode() if kind == "stdout" else b""


class TerrariumTerminal(RawTerminal):
    """Our protocol, acknowledging as connection.js does: in quarters of the window."""

    ACK = 32 * 1024

    def __init__(self, socket: WebSocket, offset: int = 0) -> None:
        super().__init__(socket)
        self.offset = offset
        self.start = offset
        self._unacknowledged = 0
        socket.send(encode(Hello(offset)))
        socket.send(encode(Resize(80, 24)))

    def type(self, data: bytes) -> None:
        self.socket.send(encode(Input(data)))

    def read(self) -> bytes:
        message = self.socket.receive()
        if message[0] != 0:
            return self._beside(message)
        data = message[1:]
        self.offset += len(data)
        self._unacknowledged += len(data)
        if self._unacknowledged >= self.ACK:
            self.socket.send(encode(Ack(self._unacknowledged)))
            self._unacknowledged = 0
        return data

    def _beside(self, message: bytes) -> bytes:
        match decode_served(message):
            case Welcome(offset=offset):
                self.start = self.offset = offset
            case Exited(status):
                raise Closed(status)
            case Notice() | Output():
                pass
        return b""
