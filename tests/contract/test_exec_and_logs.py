"""docker exec, docker logs, docker events."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time

import pytest

from tests.contract.test_command_line import read_all

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def sleeper(engine):
    name = "sleeper"
    engine.ask(
        "run", "-d", "--name", name, "-e", "FROM=container", "-w", "/tmp", "box:1", "sleep", "600"
    )
    yield name
    engine.docker("rm", "-f", name)


def test_exec_passes_streams_and_code(engine, sleeper):
    result = engine.docker("exec", sleeper, "sh", "-c", "echo out; echo err >&2; exit 9")
    assert (result.stdout, result.stderr, result.returncode) == (b"out\n", b"err\n", 9)


def test_exec_dash_i_feeds_the_program(engine, sleeper):
    assert (
        engine.docker("exec", "-i", sleeper, "wc", "-c", stdin=b"x" * 200_000).stdout == b"200000\n"
    )


def test_exec_has_the_containers_environment_and_its_own(engine, sleeper):
    script = "echo $FROM $OWN; pwd; id -u"
    result = engine.ask("exec", "-e", "OWN=mine", "-u", "alice", sleeper, "sh", "-c", script)
    assert result == "container mine\n/tmp\n1000"
    assert engine.ask("exec", "-w", "/etc", sleeper, "pwd") == "/etc"


def test_exec_runs_in_the_same_container(engine, sleeper):
    assert engine.ask("exec", sleeper, "cat", "/proc/1/cmdline") == "sleep\x00600\x00"


def test_exec_dash_it_is_a_terminal(engine, sleeper):
    ours, theirs = pty.openpty()
    subprocess.run(["stty", "rows", "30", "cols", "70"], stdin=theirs, check=True)
    script = "sleep 0.5; tty; stty size; exit 3"
    argv = ["docker", "-H", f"unix://{engine.socket}", "exec", "-it", sleeper, "sh", "-c", script]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = read_all(ours)
    assert process.wait(20) == 3
    assert "30 70" in seen
    assert "/dev/pts/" in seen


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nope",), b'exec: "nope": executable file not found in $PATH'),
        (("/etc",), b'exec: "/etc": is a directory'),
        (("/etc/text",), b'exec: "/etc/text": permission denied'),
    ],
)
def test_exec_of_what_cannot_run_is_126_with_the_reason(engine, sleeper, arguments, words):
    result = engine.docker("exec", sleeper, *arguments)
    assert words in result.stdout + result.stderr
    assert result.returncode == 126


def test_exec_detached_goes_on_by_itself(engine, sleeper):
    assert engine.ask("exec", "-d", sleeper, "sh", "-c", "echo x > /tmp/made") == ""
    until = time.monotonic() + 10
    while engine.docker("exec", sleeper, "test", "-s", "/tmp/made").returncode:
        assert time.monotonic() < until


def test_exec_needs_a_running_container(engine, name):
    identity = engine.ask("create", "--name", name, "box:1")
    result = engine.docker("exec", name, "true")
    assert f"container {identity} is not running".encode() in result.stderr
    assert result.returncode == 1


def test_logs_keep_both_streams_in_order_and_apart(engine, name):
    script = "for i in 1 2 3 4 5; do echo out $i; done; echo err >&2"
    engine.ask("run", "--name", name, "box:1", "sh", "-c", script)
    result = engine.docker("logs", name)
    assert result.stdout == b"".join(b"out %d\n" % i for i in range(1, 6))
    assert result.stderr == b"err\n"


def test_logs_tail_timestamps_since_and_until(engine, name):
    engine.ask("run", "--name", name, "box:1", "sh", "-c", "echo a; sleep 1.1; echo b")
    assert engine.ask("logs", "--tail", "1", name) == "b"
    assert engine.ask("logs", "--tail", "0", name) == ""
    first, second = engine.ask("logs", "-t", name).splitlines()
    assert first.endswith("Z a")
    assert engine.ask("logs", "--since", second.split()[0], name) == "b"
    assert engine.ask("logs", "--until", first.split()[0], name) == "a"


def test_logs_follow_until_the_end(engine, name):
    script = "echo first; sleep 0.5; echo second; sleep 0.5; printf third"
    engine.ask("run", "-d", "--name", name, "box:1", "sh", "-c", script)
    assert engine.ask("logs", "-f", name) == "first\nsecond\nthird"


def test_logs_of_a_terminal_are_one_stream(engine, name):
    engine.ask("run", "-t", "--name", name, "box:1", "sh", "-c", "echo out; echo err >&2")
    assert engine.docker("logs", name).stdout == b"out\r\nerr\r\n"


def test_events_tell_the_life_of_a_container(engine, name):
    since = f"{time.time():.9f}"
    engine.docker("run", "--rm", "--name", name, "--label", "x=y", "box:1", "sh", "-c", "exit 4")
    until = f"{time.time():.9f}"
    lines = engine.ask(
        "events", "--since", since, "--until", until, "--filter", f"container={name}",
        "--filter", "type=container", "--format", "{{json .}}",
    ).splitlines()  # fmt: skip
    events = [json.loads(line) for line in lines]
    assert [event["Action"] for event in events] == ["create", "attach", "start", "die", "destroy"]
    died = events[3]["Actor"]["Attributes"]
    assert (died["exitCode"], died["image"], died["name"], died["x"]) == ("4", "box:1", name, "y")


def test_events_filter_by_label_and_event(engine, name):
    since = f"{time.time():.9f}"
    engine.ask("run", "--rm", "--name", name, "--label", "only=this", "box:1", "true")
    lines = engine.ask(
        "events", "--since", since, "--until", f"{time.time():.9f}", "--filter", "label=only=this",
        "--filter", "event=start", "--filter", "event=die", "--format", "{{.Action}}",
    )  # fmt: skip
    assert lines == "start\ndie"
