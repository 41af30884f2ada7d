"""Answers that last: wait, attach, exec."""

from __future__ import annotations

import json

import pytest

from tests.contract.wire import Wire, ask, split_frames

pytestmark = pytest.mark.contract
UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")
RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"


def test_wait_sends_its_head_at_once_and_its_body_at_the_end(engine, created, name):
    with Wire(engine) as wire:
        wire.send("POST", f"/containers/{name}/wait?condition=next-exit")
        status, headers = wire.head()
        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        ask(engine, "POST", f"/containers/{name}/start")
        ask(engine, "POST", f"/containers/{name}/kill")
        assert json.loads(wire.body(headers)) == {"StatusCode": 137}


def test_wait_for_removal(engine, sleeping, name):
    with Wire(engine) as wire:
        wire.send("POST", f"/containers/{name}/wait?condition=removed")
        _, headers = wire.head()
        ask(engine, "DELETE", f"/containers/{name}?force=1")
        assert json.loads(wire.body(headers)) == {"StatusCode": 137}


def test_wait_for_what_does_not_run_is_over_at_once(engine, created, name):
    assert ask(engine, "POST", f"/containers/{name}/wait")[2] == {"StatusCode": 0}


def attached(engine, name, *headers, streams="stream=1&stdin=1&stdout=1&stderr=1", version=""):
    wire = Wire(engine)
    wire.send("POST", f"{version}/containers/{name}/attach?{streams}", None, *headers)
    return wire


def talker(engine, name, **wanted):
    script = "read line; echo got $line; echo bad >&2; exit 3"
    body = {"Image": "box:1", "Cmd": ["sh", "-c", script], "OpenStdin": True, "StdinOnce": True}
    ask(engine, "POST", f"/containers/create?name={name}", {**body, **wanted})


@pytest.mark.parametrize(
    ("headers", "version", "answer"),
    [
        (UPGRADE, "", (101, MULTIPLEXED)),
        (UPGRADE, "/v1.41", (101, RAW)),
        ((), "", (200, RAW)),
    ],
)
def test_attach_becomes_a_stream_of_frames(engine, name, headers, version, answer):
    talker(engine, name)
    with attached(engine, name, *headers, version=version) as wire:
        found, seen = wire.head()
        assert (found, seen["content-type"]) == answer
        assert seen.get("upgrade") == ("tcp" if headers else None)
        ask(engine, "POST", f"/containers/{name}/start")
        wire.write(b"word\n")
        wire.shut()
        frames = split_frames(wire.rest())
    assert frames == {1: b"got word\n", 2: b"bad\n"}


def test_attach_to_a_terminal_is_raw(engine, name):
    talker(engine, name, Tty=True)
    with attached(engine, name, *UPGRADE) as wire:
        found, seen = wire.head()
        assert (found, seen["content-type"]) == (101, RAW)
        ask(engine, "POST", f"/containers/{name}/start")
        wire.write(b"word\n")
        assert wire.rest() == b"word\r\ngot word\r\nbad\r\n"


def test_the_end_of_input_is_not_the_end_of_output(engine, name):
    body = {"Image": "box:1", "Cmd": ["sh", "-c", "wc -c; sleep 0.3; echo late"]}
    ask(
        engine,
        "POST",
        f"/containers/create?name={name}",
        {**body, "OpenStdin": True, "StdinOnce": True},
    )
    with attached(engine, name, *UPGRADE) as wire:
        wire.head()
        ask(engine, "POST", f"/containers/{name}/start")
        wire.write(b"x" * 100_000)
        wire.shut()
        assert split_frames(wire.rest()) == {1: b"100000\nlate\n"}


def new_exec(engine, name, *argv, **wanted):
    body = {"Cmd": argv, "AttachStdout": True, "AttachStderr": True, **wanted}
    status, _, made = ask(engine, "POST", f"/containers/{name}/exec", body)
    assert status == 201
    return made["Id"]


def test_an_exec_is_created_started_and_inspected(engine, sleeping, name):
    identity = new_exec(engine, name, "sh", "-c", "echo out; exit 7")
    before = ask(engine, "GET", f"/exec/{identity}/json")[2]
    assert (before["Running"], before["ExitCode"], before["Pid"]) == (False, None, 0)
    with Wire(engine) as wire:
        wire.send("POST", f"/exec/{identity}/start", b'{"Detach":false,"Tty":false}', *UPGRADE)
        status, headers = wire.head()
        assert (status, headers["upgrade"]) == (101, "tcp")
        assert split_frames(wire.rest()) == {1: b"out\n"}
    after = ask(engine, "GET", f"/exec/{identity}/json")[2]
    assert (after["Running"], after["ExitCode"], after["ContainerID"]) == (False, 7, sleeping)
    process = after["ProcessConfig"]
    assert (process["entrypoint"], process["arguments"]) == ("sh", ["-c", "echo out; exit 7"])
    assert (process["tty"], process["privileged"]) == (False, False)


def test_an_exec_runs_once(engine, sleeping, name):
    identity = new_exec(engine, name, "true")
    for expected in (b"", b"has already run"):
        with Wire(engine) as wire:
            wire.send("POST", f"/exec/{identity}/start", b"{}")
            assert wire.head()[0] == 200
            assert expected in wire.rest()


def test_an_exec_needs_a_command_and_a_running_container(engine, sleeping, name):
    found = ask(engine, "POST", f"/containers/{name}/exec", {})
    assert found[::2] == (400, {"message": "No exec command specified"})
    ask(engine, "POST", f"/containers/{name}/kill")
    ask(engine, "POST", f"/containers/{name}/wait")
    found = ask(engine, "POST", f"/containers/{name}/exec", {"Cmd": ["true"]})
    assert found[::2] == (409, {"message": f"container {sleeping} is not running"})
