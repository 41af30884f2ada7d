"""A hijacked stream of the Docker API, read by hand: what the client of a killed engine holds."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 20.0


@dataclass(slots=True)
class Stream:
    """The raw stream of an exec with a TTY, as lines."""

    connection: socket.socket
    rest: bytes = b""

    def lines(self, count: int) -> list[str]:
        """So many whole lines. Raises TimeoutError when they do not come."""
        while self.rest.count(b"\n") < count:
            data = self.connection.recv(1 << 16)
            assert data, "the stream ended"
            self.rest += data
        *whole, self.rest = self.rest.split(b"\n", count)
        return [line.decode().rstrip("\r") for line in whole]

    def type(self, text: str) -> None:
        self.connection.sendall(text.encode())

    def close(self) -> None:
        self.connection.close()


def exec_with_tty(api: Path, container: str, *argv: str) -> Stream:
    """Start a program in the container and keep its stream."""
    body = {"Cmd": list(argv), "Tty": True, "AttachStdin": True, "AttachStdout": True}
    created = _request(api, f"/containers/{container}/exec", body)
    status, answer = _answer(created)
    assert status == 201, answer
    connection = _request(api, f"/exec/{json.loads(answer)['Id']}/start", {"Tty": True})
    head, rest = _head(connection)
    assert head.startswith(b"HTTP/1.1 101"), head
    return Stream(connection, rest)


def _request(api: Path, target: str, body: dict[str, object]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(str(api))
    data = json.dumps(body).encode()
    head = (
        f"POST {target} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
        f"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    connection.sendall(head.encode() + data)
    return connection


def _head(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 16)
        assert more, data
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _answer(connection: socket.socket) -> tuple[int, str]:
    with connection:
        head, rest = _head(connection)
        lengths = [
            line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(rest) < length:
            rest += connection.recv(1 << 16)
    return int(head.split()[1]), rest.decode()
