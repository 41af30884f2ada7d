"""Requests to servers that do everything except answer properly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from sandbox.courier.requests import MAX_BODY, perform
from sandbox.observe.reach import Reach

Deed = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Starts a server that does one deed to its first caller; its port."""
    started: list[tuple[socket.socket, threading.Thread]] = []

    def start(deed: Deed) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(listener, deed))
        thread.start()
        started.append((listener, thread))
        return int(listener.getsockname()[1])

    yield start
    for listener, thread in started:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        listener.close()
        assert not thread.is_alive()


def _serve(listener: socket.socket, deed: Deed) -> None:
    with suppress(OSError):
        caller, _ = listener.accept()
        with caller:
            caller.settimeout(5)
            deed(caller)


def asked(port: int, kind: str = "http", send: str = "/", milliseconds: int = 400) -> Reach:
    return Reach(1, kind, "127.0.0.1", port, send, milliseconds, host="127.0.0.1")


def says(text: bytes) -> Deed:
    def deed(caller: socket.socket) -> None:
        caller.recv(4096)
        caller.sendall(text)

    return deed


def repeats(head: bytes, chunk: bytes) -> Deed:
    def deed(caller: socket.socket) -> None:
        caller.recv(4096)
        caller.sendall(head)
        while True:
            caller.sendall(chunk)

    return deed


def drips(caller: socket.socket) -> None:
    caller.recv(4096)
    caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        caller.sendall(b"x")
        time.sleep(0.05)


def test_a_page_is_told_whole(serve):
    port = serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nv1\n"))
    told = perform(asked(port))
    assert (told.outcome, told.status, told.body) == ("answered", 200, "v1\n")


def test_the_request_names_us_and_the_host_that_was_asked_for(serve):
    heard = []

    def deed(caller: socket.socket) -> None:
        heard.append(caller.recv(4096))
        caller.sendall(b"HTTP/1.0 204 None\r\n\r\n")

    assert perform(asked(serve(deed), send="/healthz?a=1")).status == 204
    lines = heard[0].split(b"\r\n")
    assert lines[0] == b"GET /healthz?a=1 HTTP/1.1"
    assert b"Host: 127.0.0.1" in lines
    assert b"User-Agent: terrarium-check" in lines


def test_a_redirect_is_told_and_not_followed(serve):
    other = serve(says(b"HTTP/1.1 200 OK\r\n\r\nstolen"))
    head = f"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:{other}/\r\nContent-Length: 0\r\n\r\n"
    told = perform(asked(serve(says(head.encode()))))
    assert (told.status, told.location) == (302, f"http://127.0.0.1:{other}/")
    assert told.body == ""


@pytest.mark.parametrize(
    ("deed", "outcome"),
    [
        (lambda caller: time.sleep(1), "timeout"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), "broken"),
        (drips, "timeout"),
        (repeats(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "flood"),
        (repeats(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 1000 + b"\r\n"), "broken"),
        (repeats(b"", b"HTTP/1.1 103 Early\r\n\r\n" * 100), "flood"),
        (repeats(b"HTTP/1.1 200 " + b"a" * 70000, b"a" * 1000), "broken"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "broken"),
        (says(b"HTTP/1.1 999999 No\r\n\r\n"), "broken"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "broken"),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n"), "broken"),
        (says(b""), "broken"),
    ],
)
def test_a_server_that_hangs_floods_or_babbles_gets_a_name_for_it(serve, deed, outcome):
    told = perform(asked(serve(deed)))
    assert (told.outcome, told.status) == (outcome, 0)
    assert told.detail
    assert len(told.body) <= MAX_BODY


def test_a_port_without_a_listener_refuses():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        told = perform(asked(unused.getsockname()[1]))
    assert told.outcome == "refused"


def test_an_address_that_nobody_routes_to_is_unreachable():
    told = perform(Reach(1, "tcp", "255.255.255.255", 80, "", 400))
    assert told.outcome == "unreachable"


def test_what_a_server_says_first_is_told(serve):
    port = serve(says(b"pong \xff\n" + b"x" * 9000))
    told = perform(asked(port, kind="tcp", send="ping"))
    assert told.outcome == "answered"
    assert told.body.startswith("pong \\xff\n")
    assert len(told.body) <= 4200


def test_a_connection_is_enough_when_nothing_is_to_be_said(serve):
    assert perform(asked(serve(lambda caller: None), kind="tcp", send="")).outcome == "answered"


def test_a_datagram_comes_back_or_does_not():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
        echo.bind(("127.0.0.1", 0))
        port = echo.getsockname()[1]

        def answer() -> None:
            data, caller = echo.recvfrom(100)
            echo.sendto(data[::-1], caller)

        thread = threading.Thread(target=answer)
        thread.start()
        assert perform(asked(port, kind="udp", send="abc")).body == "cba"
        thread.join()
        assert perform(asked(port, kind="udp", send="abc")).outcome == "timeout"


@pytest.mark.parametrize(
    ("answer", "outcome", "body"),
    [
        (lambda q: q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + q[12:] +
            b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\7", "answered", "10.0.0.7"),
        (lambda q: q[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + q[12:], "answered", ""),
        (lambda q: q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + q[12:] + b"\xc0\x0c", "broken", ""),
        (lambda q: q[:2] + b"\x81\x80\0\0\0\1\0\0\0\0\xc0\x0c", "broken", ""),
        (lambda q: b"??" + q[2:], "timeout", ""),
    ],
)  # fmt: skip
def test_a_name_server_answers_well_or_badly(answer, outcome, body):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve_one() -> None:
            data, caller = server.recvfrom(512)
            server.sendto(answer(data), caller)

        thread = threading.Thread(target=serve_one)
        thread.start()
        told = perform(asked(server.getsockname()[1], kind="dns", send="A web.lab"))
        thread.join()
    assert (told.outcome, told.body) == (outcome, body)
