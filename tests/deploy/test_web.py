"""The web process itself: it serves, it bounds what is sent to it, and it goes when asked to."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.witness import settled

CUT_OFF = 0
ROOT = Path(__file__).parents[2]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status_with(port, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz", body, headers)
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return CUT_OFF  # The answer is lost to one who is still sending.
    finally:
        connection.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A web process of its own, without an engine."""
    state = tmp_path_factory.mktemp("state")
    (state / "web").mkdir()
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        number = chosen.getsockname()[1]
    argv = [sys.executable, "-m", "deploy.web", "--bind", "127.0.0.1", "--port", str(number)]
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    web = subprocess.Popen(
        [*argv, "--verbosity", "0", "deploy.asgi:application"],
        cwd=ROOT,
        env={**inherited, "TERRARIUM_STATE": str(state), "TERRARIUM_DATABASE_URL": ""},
        stderr=subprocess.DEVNULL,
    )
    try:
        assert settled(lambda: answers(number), within=20)
        yield number
    finally:
        web.send_signal(signal.SIGTERM)
        assert web.wait(20) == 0


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}], ids=["told", "chunked"])
def test_a_body_larger_than_any_form_is_cut_off(port, headers):
    body = (b"x" * 65536 for _ in range(160)) if headers else b"x" * (10 << 20)
    assert status_with(port, body, headers) in {413, CUT_OFF}
    assert status_with(port, b"x" * 1000, {}) == 200


def test_a_body_of_a_forms_size_reaches_the_site(port):
    assert status_with(port, b"x" * 60_000, {}) == 200
