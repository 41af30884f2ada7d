"""Restart policies across the end of an engine, and of the host."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests import witness
from tests.kernel.engine.test_adoption import alive, detached, reborn

pytestmark = pytest.mark.kernel


def run(own, name, policy, *command):
    own.all.ask("run", "-d", "--name", name, "--restart", policy, "box:1", *command)
    return own.all.inspect(name, ".State.Pid")


def becomes(own, name, wanted):
    found = "{{.State.Status}} {{.RestartCount}}"
    return witness.settled(lambda: own.all.ask("inspect", "-f", found, name) == wanted, within=20)


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def reboot(own):
    """What a host's restart leaves: the state directory, and nothing that lived."""
    pids = own.all.ask("ps", "-q", "--filter", "status=running").split()
    shims = [parent(own.all.inspect(one, ".State.Pid")) for one in pids]
    own.end(signal.SIGKILL)
    for shim in shims:
        os.kill(shim, signal.SIGKILL)
    assert witness.settled(lambda: not any(alive(str(shim)) for shim in shims), within=10)
    shutil.rmtree(own.state / "run")
    for file in own.containers.glob("*/config.json"):
        record = json.loads(file.read_bytes())
        record["status"]["boot"] = "00000000-0000-0000-0000-000000000000"
        file.write_text(json.dumps(record))
    own.start()


def test_an_end_that_no_engine_saw_is_followed_by_a_restart(own):
    script = "test -e /again && exec sleep 600; touch /again; sleep 0.4; exit 3"
    pid = run(own, "unseen", "on-failure:3", "sh", "-c", script)
    reborn(own, after=lambda: witness.settled(lambda: not alive(pid), within=10))
    assert becomes(own, "unseen", "running 1")


def test_a_wait_for_a_restart_is_gone_on_with(own):
    run(own, "waits", "always", "sh", "-c", "test -e /again && exec sleep 600; exit 3")
    resting = "{{.State.Restarting}}"
    # From the fourth on the pauses are long enough to meet one.
    assert witness.settled(
        lambda: (
            int(own.all.inspect("waits", ".RestartCount")) > 3
            and own.all.ask("inspect", "-f", resting, "waits") == "true"
        ),
        within=20,
    )
    count = int(own.all.inspect("waits", ".RestartCount"))
    own.end(signal.SIGKILL)
    (own.containers / identity(own, "waits") / "diff" / "again").touch()
    own.start()
    assert becomes(own, "waits", f"running {count}")


def identity(own, name):
    records = [json.loads(file.read_bytes()) for file in own.containers.glob("*/config.json")]
    return next(record["id"] for record in records if record["name"] == name)


def test_an_engine_starts_what_is_to_run_always_and_not_what_somebody_stopped(own):
    for policy in ("always", "unless-stopped", "no"):
        run(own, f"after-{policy}", policy, "sleep", "600")
        own.all.ask("stop", "-t", "0", f"after-{policy}")
    own.all.ask("create", "--name", "never-started", "--restart", "always", "box:1", "sleep", "1")
    reborn(own)
    assert becomes(own, "after-always", "running 0")
    assert own.all.inspect("after-unless-stopped", ".State.Status") == "exited"
    assert own.all.inspect("after-no", ".State.Status") == "exited"
    assert own.all.inspect("never-started", ".State.Status") == "created"


def test_a_reboot_brings_back_what_its_policy_asks_for(own):
    own.all.ask("network", "create", "net-of-reboot")
    for policy in ("always", "unless-stopped", "on-failure:1"):
        own.all.ask(
            *("run", "-d", "--name", f"boot-{policy[:6]}", "--restart", policy),
            *("--network", "net-of-reboot", "box:1", "sleep", "600"),
        )
    joined = ("--network", "container:boot-always", "--restart", "always")
    own.all.ask("run", "-d", "--name", "boot-joined", *joined, "box:1", "sleep", "600")
    beside = ("--pid", "container:boot-always", "--restart", "always")
    own.all.ask("run", "-d", "--name", "boot-beside", *beside, "box:1", "sleep", "600")
    detached(own, "boot-no", "sleep", "600")
    reboot(own)
    for name in ("boot-always", "boot-unless", "boot-on-fai"):
        assert becomes(own, name, "running 1")
    assert becomes(own, "boot-joined", "running 1")
    assert becomes(own, "boot-beside", "running 1")
    assert own.all.inspect("boot-no", ".State.Status") == "exited"
    assert own.all.inspect("boot-no", ".State.ExitCode") == "255"
    assert "restarted" in own.all.inspect("boot-no", ".State.Error")
    assert "inet " in own.all.ask("exec", "boot-joined", "ip", "addr", "show", "eth0")


def test_what_cannot_start_does_not_keep_an_engine_from_starting(own):
    never = ("--network", "host", "--sysctl", "net.core.somaxconn=77")
    own.all.ask("create", "--name", "never", "--restart", "always", *never, "box:1", "true")
    own.all.ask("create", "--name", "gone", "box:1", "true")
    own.all.ask("create", "--name", "beside", "--pid", "container:gone", "box:1", "true")
    own.all.ask("rm", "gone")
    reborn(own)
    assert own.all.inspect("never", ".State.Status") == "created"
    assert own.all.inspect("beside", ".State.Status") == "created"
    refused = own.all.docker("start", "never").stderr.decode()
    assert 'sysctl "net.core.somaxconn" not allowed in host network namespace' in refused


def goes_on(own, name, count):
    return int(own.all.inspect(name, ".RestartCount")) > count


def test_kills_at_any_moment_neither_end_restarts_nor_forget_their_count(own):
    chance = random.Random(os.environ.get("TERRARIUM_LIFE_SEED", "1"))
    before = witness.held(own.state / "engine")
    quick = ("--health-cmd", "true", "--health-interval", "0.05s")
    for name in ("again-1", "again-2"):
        run_checked = ("run", "-d", "--name", name, "--restart", "always", *quick)
        own.all.ask(*run_checked, "box:1", "sh", "-c", "sleep 0.1; exit 4")
    counts = {"again-1": 0, "again-2": 0}
    for _ in range(int(os.environ.get("TERRARIUM_LIFE_KILLS", "10"))):
        time.sleep(chance.uniform(0.0, 0.3))  # The moment is the test.
        reborn(own)
        for name, count in counts.items():
            counts[name] = int(own.all.inspect(name, ".RestartCount"))
            assert counts[name] >= count
            assert own.all.inspect(name, ".State.Running") == "true"
    for name, count in counts.items():
        assert count > 0
        assert witness.settled(partial(goes_on, own, name, count), within=20)
        own.all.ask("rm", "-f", name)
    assert witness.leaks(before, engine=own.state / "engine", within=10) == []
