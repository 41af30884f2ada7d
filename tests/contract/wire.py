"""HTTP spoken by hand, so that no client library hides what the engine does."""

from __future__ import annotations

import json
import socket


class Wire:
    """One HTTP/1.1 connection, spoken by hand."""

    def __init__(self, engine, *, seconds: float = 10) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(engine.socket)
        except OSError:
            self._socket.close()
            raise
        self._read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def send(self, method: str, path: str, body: bytes | None = None, *headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: d", *headers]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    def head(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._read:
            self._more()
        text, self._read = self._read.split(b"\r\n\r\n", 1)
        status, *lines = text.decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return int(status.split()[1]), {name.lower(): value for name, value in pairs}

    def body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(iter(self.chunk, b""))
        return self.exactly(int(headers.get("content-length", 0)))

    def chunk(self) -> bytes:
        while b"\r\n" not in self._read:
            self._more()
        size, self._read = self._read.split(b"\r\n", 1)
        return self.exactly(int(size, 16) + 2)[:-2]

    def exactly(self, count: int) -> bytes:
        while len(self._read) < count:
            self._more()
        found, self._read = self._read[:count], self._read[count:]
        return found

    def rest(self) -> bytes:
        while chunk := self._socket.recv(65536):
            self._read += chunk
        return self._read

    def shut(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _more(self) -> None:
        chunk = self._socket.recv(65536)
        assert chunk, "the engine closed the connection"
        self._read += chunk


def ask(engine, method, path, body=None):
    """Status, headers, and the body as JSON where it is."""
    with Wire(engine) as wire:
        wire.send(method, path, None if body is None else json.dumps(body).encode())
        status, headers = wire.head()
        content = b"" if method == "HEAD" else wire.body(headers)
    return status, headers, json.loads(content) if content.startswith((b"{", b"[")) else content


def split_frames(data: bytes) -> dict[int, bytes]:
    streams: dict[int, bytes] = {}
    while data:
        stream, size = data[0], int.from_bytes(data[4:8], "big")
        streams[stream] = streams.get(stream, b"") + data[8 : 8 + size]
        data = data[8 + size :]
    return streams
