"""What the real server makes of our closing: the page must be able to read the reason."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.terminal.closing import Close
from sandbox.terminal.frames import SUBPROTOCOL
from tests.bench.sockets import TEXT, Closed, WebSocket
from tests.running import free_port
from tests.witness import settled

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def port():
    number = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox.terminal.lonely_server", str(number)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    def answers():
        with suppress(OSError):
            WebSocket(number, protocol=SUBPROTOCOL).socket.close()
            return True
        return False

    assert settled(answers, within=30)
    yield number
    server.terminate()
    server.wait(timeout=10)


def test_a_browser_is_told_why_it_is_sent_away(port):
    socket = WebSocket(port, protocol=SUBPROTOCOL)
    with pytest.raises(Closed) as closed:
        socket.receive()
    assert closed.value.code == Close.NOT_YOURS
    socket.socket.close()


def test_a_text_message_is_a_bad_frame_to_the_browser_too(port):
    socket = WebSocket(port, protocol=SUBPROTOCOL)
    socket.send(b"ls", TEXT)
    with pytest.raises(Closed) as closed:
        socket.receive()
    assert closed.value.code in {Close.BAD_FRAME, Close.NOT_YOURS}
    socket.socket.close()


def test_a_stranger_to_the_protocol_is_refused_before_there_is_a_socket(port):
    with pytest.raises(ConnectionError, match="403"):
        WebSocket(port, protocol="chat")
