"""What an engine finds of its predecessor's containers, and what it removes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.engine.host import Paths
from tests import witness
from tests.contract.engines import ROOT
from tests.contract.wire import Wire, split_frames

pytestmark = pytest.mark.kernel
UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")


def reborn(own, *, after=lambda: None):
    """kill -9, something happens, and the next engine comes."""
    own.end(signal.SIGKILL)
    after()
    own.start()


def alive(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def detached(own, name, *command):
    own.all.ask("run", "-d", "--name", name, "box:1", *command)
    return own.all.inspect(name, ".State.Pid")


def test_a_running_container_is_found_again(own):
    pid = detached(own, "goes-on", "sleep", "600")
    reborn(own)
    assert (
        own.all.inspect("goes-on", ".State.Status .State.Pid".replace(" ", "}} {{"))
        == f"running {pid}"
    )
    assert own.all.ask("exec", "goes-on", "echo", "here") == "here"
    assert alive(pid)


def test_a_paused_container_stays_paused(own):
    pid = detached(own, "frozen", "sh", "-c", "while :; do sleep 0.01; done")
    own.all.ask("pause", "frozen")
    reborn(own)
    assert own.all.inspect("frozen", ".State.Status") == "paused"
    assert steps_of(pid) == steps_of(pid)
    own.all.ask("unpause", "frozen")
    before = steps_of(pid)
    assert witness.settled(lambda: steps_of(pid) > before, within=5)


def test_what_was_frozen_before_it_was_written_down_is_told_of(own):
    pid = detached(own, "half", "sleep", "600")
    group = Path("/proc", pid, "cgroup").read_text()

    def freeze() -> None:
        for line in group.splitlines():
            _, controllers, path = line.split(":", 2)
            outer = path.rpartition("/")[0].lstrip("/")
            for place in (
                Path("/sys/fs/cgroup", outer, "cgroup.freeze"),
                Path("/sys/fs/cgroup/unified", outer, "cgroup.freeze"),
            ):
                if not controllers and place.exists():
                    place.write_text("1")
                    return
        pytest.skip("no freezer of version 2 here")

    reborn(own, after=freeze)
    assert own.all.inspect("half", ".State.Status") == "paused"
    own.all.ask("unpause", "half")
    assert own.all.ask("exec", "half", "echo", "here") == "here"


def steps_of(pid: str) -> int:
    """How often the shell was switched to: what stands still has no more."""
    status = Path("/proc", pid, "status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def test_a_clean_stop_of_the_engine_leaves_containers_running(own):
    pid = detached(own, "stays", "sleep", "600")
    own.end(signal.SIGTERM)
    assert alive(pid)
    own.start()
    assert own.all.inspect("stays", ".State.Running") == "true"


def test_an_end_that_no_engine_saw_is_told_truly(own):
    pid = detached(own, "ends", "sh", "-c", "sleep 0.5; exit 7")
    reborn(own, after=lambda: witness.settled(lambda: not alive(pid), within=10))
    assert own.all.inspect("ends", ".State.Status") == "exited"
    assert own.all.inspect("ends", ".State.ExitCode") == "7"


def test_rm_is_kept_by_the_next_engine(own):
    identity = own.all.ask("run", "-d", "--rm", "box:1", "sleep", "0.5")
    pid = own.all.inspect(identity, ".State.Pid")
    reborn(own, after=lambda: witness.settled(lambda: not alive(pid), within=10))
    assert witness.settled(lambda: not (own.containers / identity).exists(), within=10)
    assert own.all.docker("inspect", identity).returncode == 1


def test_a_stream_does_not_notice_the_engines_death(own):
    script = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done"
    own.all.ask("create", "--name", "talks", "box:1", "sh", "-c", script)
    with Wire(own.all) as wire:
        wire.send("POST", "/containers/talks/attach?stream=1&stdout=1", None, *UPGRADE)
        assert wire.head()[0] == 101
        own.all.ask("start", "talks")
        first = wire.exactly(8 + len("1\n"))
        reborn(own)
        assert split_frames(first + wire.rest()) == {1: b"1\n2\n3\n4\n5\n6\n7\n8\n"}
    assert witness.settled(lambda: own.all.inspect("talks", ".State.Running") == "false", within=10)
    assert own.all.ask("logs", "talks").split() == list("12345678")


def test_a_shim_that_died_with_the_engine_is_a_lost_container(own):
    pid = detached(own, "lost", "sleep", "600")
    parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]

    reborn(own, after=lambda: os.kill(int(parent), signal.SIGKILL))
    assert own.all.inspect("lost", ".State.Status") == "exited"
    assert own.all.inspect("lost", ".State.ExitCode") == "255"
    assert "shim" in own.all.inspect("lost", ".State.Error")
    assert witness.settled(lambda: not alive(pid), within=10)


def test_what_was_never_finished_is_removed(own):
    half = own.containers / ("f" * 64)
    half.mkdir()
    (half / "diff").mkdir()
    reborn(own)
    assert not half.exists()


DEEP = "i=0; while [ $i -lt 1500 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done 2> /dev/null"


def test_a_container_deeper_than_the_stack_keeps_no_engine_from_starting(own):
    identity = own.all.ask(
        "create", "-v", "deep:/v", "box:1", "sh", "-c", f"({DEEP}); cd /v; {DEEP}"
    )
    own.all.ask("start", "-a", identity)
    own.all.ask("system", "df")
    own.end(signal.SIGKILL)
    # As if it had died between the two steps of their removal.
    (own.containers / identity).rename(own.containers.with_name("discarded") / identity)
    volumes = own.state / "engine" / "volumes"
    (volumes / "deep").rename(volumes / ".gone-deep")
    own.start()
    assert own.all.docker("inspect", identity).returncode == 1
    assert list(own.containers.with_name("discarded").iterdir()) == list(volumes.iterdir()) == []


def test_groups_that_no_container_claims_are_removed(own):
    key = Paths(own.state, own.state / "run").key
    strays = [top / f"terrarium-{key}" / "stray" for top in cgroup_tops()]
    for stray in strays:
        stray.mkdir(parents=True, exist_ok=True)
    reborn(own)
    assert [stray for stray in strays if stray.exists()] == []


def cgroup_tops():
    return [path for path in Path("/sys/fs/cgroup").iterdir() if (path / "cgroup.procs").exists()]


def test_a_removal_that_was_interrupted_is_gone_on_with(own):
    identity = own.all.ask("create", "box:1")
    own.end(signal.SIGKILL)
    file = own.containers / identity / "config.json"
    record = json.loads(file.read_bytes())
    record["status"]["state"] = "removing"
    file.write_text(json.dumps(record))
    own.start()
    assert not file.parent.exists()
    assert own.all.docker("inspect", identity).returncode == 1


def test_a_second_engine_on_the_same_state_is_refused(own):
    argv = [sys.executable, "-m", "deploy.engine", "--state", str(own.state)]
    argv += ["--socket", str(own.place / "second.sock")]
    second = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=20, check=False)
    assert second.returncode == 1
    assert b"another engine serves" in second.stderr
    assert not (own.place / "second.sock").exists()


def test_nothing_is_left_when_containers_are_removed(own):
    before = witness.held(own.state / "engine")
    for _ in range(3):
        own.all.ask("run", "--rm", "box:1", "true")
    lab = own.all.ask(
        "run", "-d", "--runtime", "lab", "--storage-opt", "size=32M", "box:1", "sleep", "60"
    )
    assert own.all.ask("exec", lab, "id", "-u") == "0"
    own.all.ask("rm", "-f", lab)
    assert witness.leaks(before, engine=own.state / "engine") == []
    assert not (own.containers / lab).exists()
