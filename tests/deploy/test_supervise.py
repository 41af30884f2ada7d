"""The supervisor: both parts in order, a dead one again, and an end that leaves labs alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest

from deploy import lab_image
from tests.running import Running
from tests.witness import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.kernel
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place() -> Iterator[Running]:
    """An installation with its lab image; the supervisor under test starts the parts."""
    with Running() as running:
        running.engine.end()
        yield running
        running.engine.start()


@contextmanager
def supervise(place: Running, **settings: str) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, **place.here.environment(), **settings}
    argv = [sys.executable, "-m", "deploy.supervise"]
    with subprocess.Popen(
        argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as supervisor:
        try:
            yield supervisor
        finally:
            supervisor.kill()


def parts(supervisor: subprocess.Popen[str]) -> dict[str, int]:
    """Name → pid of the supervisor's children, as the kernel has them."""
    listed = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text()
    found = {}
    for pid in listed.split():
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        found["engine" if "deploy.engine" in words else "web"] = int(pid)
    return found


def start_lab(place: Running) -> str:
    client = docker.DockerClient(base_url=f"unix://{place.here.engine_socket}")
    with closing(client):
        return str(client.containers.run(lab_image.NAME, runtime="lab", detach=True).id)


def serving(place: Running) -> bool:
    return place.web.answering() and place.engine.answering()


def announced(place: Running, supervisor: subprocess.Popen[str]) -> str:
    """What it says until it gives the address: before that, a part that ends is a failed start."""
    said = ""
    assert supervisor.stdout is not None
    while place.here.address not in said:
        line = supervisor.stdout.readline()
        assert line, said
        said += line
    return said


def ended(supervisor: subprocess.Popen[str], number: signal.Signals) -> str:
    """What it said until its end; that it ended well is asserted."""
    supervisor.send_signal(number)
    said = supervisor.communicate(timeout=40)[0]
    assert supervisor.returncode == 0, said
    return said


@pytest.mark.parametrize(("killed", "other"), [("web", "engine"), ("engine", "web")])
def test_a_killed_part_comes_back_and_the_other_does_not_notice(
    place: Running, killed: str, other: str
):
    with supervise(place) as supervisor:
        announced(place, supervisor)
        assert serving(place)
        before = parts(supervisor)
        os.kill(before[killed], signal.SIGKILL)
        assert settled(lambda: before[killed] not in parts(supervisor).values(), within=30)
        assert settled(lambda: serving(place), within=60)
        assert parts(supervisor)[other] == before[other]
        assert f"{killed}: ended with status -9" in ended(supervisor, signal.SIGINT)


def test_ctrl_c_ends_both_parts_and_leaves_the_labs(place: Running):
    with supervise(place) as supervisor:
        announced(place, supervisor)
        assert serving(place)
        lab = start_lab(place)
        assert "stopped" in ended(supervisor, signal.SIGINT)
    assert not serving(place)
    with supervise(place, TERRARIUM_END_LABS="1") as supervisor:
        announced(place, supervisor)
        assert [(one["Id"], one["State"]) for one in place.labs()] == [(lab, "running")]
        ended(supervisor, signal.SIGTERM)
    place.engine.start()
    assert place.labs() == []
    place.engine.end()


def test_parts_end_with_a_supervisor_that_was_killed(place: Running):
    with supervise(place) as supervisor:
        announced(place, supervisor)
        assert serving(place)
        pids = parts(supervisor).values()
        supervisor.kill()
    assert settled(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), within=20)


def test_a_taken_port_is_named_before_anything_starts(place: Running):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with supervise(place, TERRARIUM_PORT=port) as supervisor:
            said = supervisor.communicate(timeout=30)[0]
    assert supervisor.returncode == 1
    assert f"port {port}" in said
    assert "--port" in said


def test_the_run_script_says_why_it_wants_root():
    identity = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s"]
    with (ROOT / "deploy/run").open() as script:
        done = subprocess.run(identity, stdin=script, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "run it as root" in done.stderr


def test_the_run_script_refuses_what_it_does_not_know():
    done = subprocess.run(
        [ROOT / "deploy/run", "--prot", "80"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--port PORT" in done.stderr
