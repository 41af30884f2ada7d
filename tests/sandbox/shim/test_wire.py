"""Messages with descriptors, and orders that are none."""

from __future__ import annotations

import base64
import os
import socket

import pytest

from sandbox.boot.program import Program
from sandbox.shim import orders, wire


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize("size", [0, wire.INLINE - 20, wire.INLINE, 300_000])
def test_a_message_of_any_size_arrives_with_its_descriptors(ends, size):
    reading, writing = os.pipe()
    wire.send(ends[0], {"op": "x", "text": "y" * size}, (writing,))
    os.close(writing)
    message, (given,) = wire.receive(ends[1])
    assert message == {"op": "x", "text": "y" * size}
    assert not os.get_inheritable(given)
    os.write(given, b"through")
    os.close(given)
    assert os.read(reading, 100) == b"through"
    os.close(reading)


def test_messages_keep_their_borders(ends):
    for number in range(20):
        wire.send(ends[0], {"number": number})
    assert [wire.receive(ends[1])[0]["number"] for _ in range(20)] == list(range(20))


def test_the_end_and_an_empty_socket_are_told_apart(ends):
    ends[1].settimeout(0)
    with pytest.raises(BlockingIOError):
        wire.receive(ends[1])
    ends[0].close()
    with pytest.raises(wire.PeerGone):
        wire.receive(ends[1])


@pytest.mark.parametrize("body", [b"{", b"[1]", b"3", b"@", b"\xff\xfe", b"x" * 20_000])
def test_what_is_no_message_is_refused_and_its_descriptors_closed(ends, body):
    reading, writing = os.pipe()
    socket.send_fds(ends[0], [body], [] if body == b"@" else [writing])
    os.close(writing)
    with pytest.raises(wire.BadMessage):
        wire.receive(ends[1])
    assert os.read(reading, 1) == b""  # Nobody holds the other end any more.
    os.close(reading)


WANTS = {
    "mode": "docker",
    "stdin": True,
    "stdout": True,
    "stderr": False,
    "early": base64.b64encode(b"\0\xff").decode(),
}
PROGRAM = {"args": ["ls"], "env": [], "cwd": "", "user": "", "tty": True, "stdin": True}


def test_orders_are_understood():
    heard = {"op": "exec", "asked": 3, "session": "s", "size": [24, 80], "program": PROGRAM}
    program = Program(("ls",), (), "", "", tty=True, stdin=True)
    wants = orders.Wants(
        terminal=False, stdin=True, stdout=True, stderr=False, detach=b"", early=b"\0\xff"
    )
    assert orders.understood(heard) == orders.Exec(3, "s", program, (24, 80), None)
    assert orders.understood({"op": "attach", "session": "s", "wants": WANTS}) == orders.Attach(
        "s", wants
    )
    resize = {"op": "resize", "session": "s", "rows": 24, "columns": 80}
    assert orders.understood(resize) == orders.Resize("s", 24, 80)
    assert orders.understood({"op": "signal", "number": 9}) == orders.Signal(9, wire.INIT)
    said = {"op": "signal", "number": 9, "session": "e1"}
    assert orders.understood(said) == orders.Signal(9, "e1")


@pytest.mark.parametrize(
    "heard",
    [
        {},
        {"op": "dance"},
        {"op": "signal", "number": None},
        {"op": "signal", "number": "nine"},
        {"op": "exec", "asked": 3, "session": "s", "size": [24], "program": PROGRAM},
        {"op": "exec", "asked": 3, "session": "s", "size": [1, 1], "program": {"new": 1}},
        {"op": "attach", "session": "s", "wants": {**WANTS, "early": "!"}},
        {"op": "attach", "session": "s", "wants": None},
    ],
)
def test_what_another_version_would_ask_is_refused(heard):
    with pytest.raises(orders.BadOrder):
        orders.understood(heard)
