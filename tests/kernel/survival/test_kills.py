"""kill -9 of each part, and what somebody outside sees then: architecture.md, processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import docker.errors
import pytest
import requests.exceptions

from tests.kernel.labs import Engine, Lab, gone, remains
from tests.kernel.streams import Stream, exec_with_tty
from tests.witness import settled

pytestmark = pytest.mark.kernel

COUNTER = 'i=0; while :; do echo "$i"; i=$((i+1)); sleep 0.01; done'


def start_of(pid: int) -> str:
    """With the pid, the identity of a process; the kernel's word."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def zygotes(engine: Engine) -> list[int]:
    child = engine.running.engine.child
    assert child is not None
    return [pid for pid in children_of(child.pid) if "zygote" in command_of(pid) + comm_of(pid)]


def comm_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


@pytest.fixture
def counting(engine: Engine, lab: Lab) -> Iterator[Stream]:
    """A program in the lab that prints one number after the other on a terminal."""
    stream = exec_with_tty(lab.api, lab.id, "/bin/sh", "-c", COUNTER)
    yield stream
    stream.close()


def numbers(stream: Stream, count: int) -> list[int]:
    return [int(line) for line in stream.lines(count)]


def test_a_killed_engine_cuts_no_stream_and_loses_no_byte(engine, lab, counting):
    before = numbers(counting, 50)
    init, start = lab.pid, start_of(lab.pid)
    engine.kill()
    without = numbers(counting, 100)
    assert start_of(init) == start
    engine.revive()
    after = numbers(counting, 100)
    everything = before + without + after
    assert everything == list(range(len(everything)))


def test_a_new_engine_finds_every_container_and_its_programs(engine, lab, counting):
    numbers(counting, 5)
    init, start = lab.pid, start_of(lab.pid)
    engine.kill()
    engine.revive()
    assert (lab.pid, start_of(lab.pid)) == (init, start)
    assert lab.container.status == "running"
    assert lab.sh("echo fine").output == "fine\n"
    last = numbers(counting, 1)
    assert numbers(counting, 1)[0] > last[0]


def test_a_shell_keeps_its_variables_through_three_kills(engine, lab):
    with closing(exec_with_tty(lab.api, lab.id, "/bin/sh")) as stream:
        stream.type("stty -echo; PS1=; marker=kept; echo rea''dy\n")
        while "ready" not in stream.lines(1)[0]:
            pass
        for number in range(3):
            engine.kill()
            stream.type(f'echo "$marker {number}"\n')
            assert stream.lines(1)[0].endswith(f"kept {number}")
            engine.revive()


def test_an_end_while_nobody_watched_is_told_afterwards(engine, lab, make_lab):
    lab = make_lab(command=["/bin/sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.05; done"])
    pid = lab.pid
    engine.kill()
    os.kill(pid, signal.SIGTERM)
    assert gone(pid)
    engine.revive()
    assert lab.container.wait(timeout=20)["StatusCode"] == 7
    lab.container.reload()
    assert lab.container.status == "exited"


def test_logs_go_on_without_an_engine(engine, lab, make_lab):
    lab = make_lab(command=["/bin/sh", "-c", COUNTER])
    assert settled(lambda: b"\n20\n" in lab.container.logs(), within=10)
    engine.kill()
    settled(lambda: False, within=0.5)
    engine.revive()
    lines = [int(line) for line in lab.container.logs().split()]
    assert lines == list(range(len(lines)))
    assert len(lines) > 40


def test_a_killed_zygote_is_replaced_and_nobody_notices(engine, lab, counting, make_lab):
    (zygote,) = zygotes(engine)
    before = numbers(counting, 10)
    os.kill(zygote, signal.SIGKILL)
    assert gone(zygote)
    after = numbers(counting, 50)
    assert before + after == list(range(60))
    assert make_lab().sh("echo fine").output == "fine\n"
    assert lab.sh("echo fine").output == "fine\n"
    assert len(zygotes(engine)) == 1


def test_a_killed_shim_ends_its_one_container_and_is_reported(engine, lab, neighbour, make_lab):
    lab.background("sleep 1000")
    init = lab.pid
    shim = parent_of(init)
    assert shim != engine.running.engine.child.pid
    other = start_of(neighbour.pid)
    os.kill(shim, signal.SIGKILL)
    assert gone(init)

    def told() -> bool:
        lab.container.reload()
        return bool(lab.container.status == "exited")

    assert settled(told, within=10)
    state = lab.container.attrs["State"]
    assert state["ExitCode"] != 0
    assert state["Error"] != ""
    assert start_of(neighbour.pid) == other
    # The fixture removes the lab and finds that nothing of it is left on the host.


def test_a_shim_that_dies_while_no_engine_lives_is_reported_by_the_next(engine, lab):
    init = lab.pid
    engine.kill()
    os.kill(parent_of(init), signal.SIGKILL)
    engine.revive()
    assert gone(init)
    lab.container.reload()
    assert lab.container.status == "exited"
    assert lab.container.attrs["State"]["ExitCode"] != 0


# docker-py leaves the socket of a request that the kill cut to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("after", [0.0, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.09])
def test_an_engine_killed_while_it_makes_a_lab_leaves_nothing_that_the_next_cannot_remove(
    engine, neighbour, after
):
    before = remains(engine)

    def make() -> None:
        with suppress(docker.errors.APIError, requests.exceptions.RequestException, OSError):
            engine.lab()

    with ThreadPoolExecutor(1) as making:
        making.submit(make)
        settled(lambda: False, within=after)
        engine.kill()
    engine.revive()
    for container in engine.client.containers.list(all=True):
        if container.id != neighbour.id:
            container.remove(force=True)
    settled(lambda: remains(engine) == before, within=10)
    assert remains(engine) == before
    assert neighbour.sh("echo fine").output == "fine\n"


def test_a_killed_web_process_leaves_labs_alone(engine, lab, counting):
    engine.running.serve()
    before, start = numbers(counting, 10), start_of(lab.pid)
    engine.running.web.end(signal.SIGKILL)
    after = numbers(counting, 50)
    assert before + after == list(range(60))
    assert start_of(lab.pid) == start
    engine.running.web.start()
    engine.running.web.end()
