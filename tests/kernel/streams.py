"""Execs through the Docker API by hand: streams that a test can hold while the engine is killed."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

PATIENCE = 60.0


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
    wanted = {"Cmd": list(argv), "Tty": True, "AttachStdin": True, "AttachStdout": True}
    return Stream(*_start(api, _create(api, container, wanted), {"Tty": True}))


def exec_to_the_end(
    api: Path, container: str, argv: Sequence[str], *, user: str = "", workdir: str = ""
) -> tuple[int, bytes]:
    """Exit code and output, both streams in one."""
    wanted = {"Cmd": list(argv), "AttachStdout": True, "AttachStderr": True}
    identity = _create(api, container, {**wanted, "User": user, "WorkingDir": workdir})
    connection, data = _start(api, identity, {})
    with connection:
        while more := connection.recv(1 << 16):
            data += more
    status, answer = _answer(_request(api, "GET", f"/exec/{identity}/json", None))
    assert status == HTTPStatus.OK, answer
    code = json.loads(answer)["ExitCode"]
    assert isinstance(code, int), answer
    return code, _without_frames(data)


def exec_detached(api: Path, container: str, argv: Sequence[str]) -> None:
    """Start a program whose output nobody wants."""
    identity = _create(api, container, {"Cmd": list(argv)})
    started = _answer(_request(api, "POST", f"/exec/{identity}/start", {"Detach": True}))
    assert started[0] == HTTPStatus.OK, started


def ask(api: Path, method: str, target: str, body: object = None) -> tuple[int, str]:
    """Status and body of one request."""
    return _answer(_request(api, method, target, body))


def _create(api: Path, container: str, wanted: dict[str, object]) -> str:
    status, answer = _answer(_request(api, "POST", f"/containers/{container}/exec", wanted))
    assert status == HTTPStatus.CREATED, answer
    return str(json.loads(answer)["Id"])


def _start(api: Path, identity: str, body: dict[str, object]) -> tuple[socket.socket, bytes]:
    connection = _request(api, "POST", f"/exec/{identity}/start", body)
    head, rest = _head(connection)
    if not head.startswith(b"HTTP/1.1 101"):
        connection.close()
        raise AssertionError(head + rest)
    return connection, rest


def _without_frames(data: bytes) -> bytes:
    """The payloads of Docker's eight-byte frames: stream, three zeros, length."""
    payloads = []
    while data:
        length = int.from_bytes(data[4:8], "big")
        payloads.append(data[8 : 8 + length])
        data = data[8 + length :]
    return b"".join(payloads)


def _request(api: Path, method: str, target: str, body: object) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(str(api))
    data = b"" if body is None else json.dumps(body).encode()
    upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n" if target.endswith("/start") else ""
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
        f"{upgrade}Content-Length: {len(data)}\r\n\r\n"
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
        for line in head.lower().split(b"\r\n"):
            while line.startswith(b"content-length:") and len(rest) < int(line[15:]):
                rest += connection.recv(1 << 16)
    return int(head.split()[1]), rest.decode()
