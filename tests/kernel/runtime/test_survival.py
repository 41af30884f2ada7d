"""What dies and what goes on: engine, zygote, shim, and containers that misbehave."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.engine.container import Mode
from sandbox.engine.launch import LaunchFailed
from sandbox.engine.shim import ExecFailed, ShimGone
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.shim import wire
from tests.kernel.runtime.stage import (
    BOTH,
    children,
    end,
    frozen,
    private_kilobytes,
    sh,
    shim_of,
    start,
)
from tests.witness import settled

pytestmark = pytest.mark.kernel

PATIENCE = 20
MOST_PRIVATE = 3584  # KiB
MOST_STALLED = 768  # KiB, of which 256 are the ring


async def test_a_killed_zygote_is_replaced_and_containers_go_on(stage):
    shim = await stage.launch()
    old = stage.launcher.zygote_pid
    end(old, signal.SIGKILL)
    assert (await sh(shim, "echo fine")).output == "fine\r\n"
    other = await stage.launch()
    assert (await sh(other, "echo fine")).output == "fine\r\n"
    assert stage.launcher.zygote_pid != old


async def test_a_killed_shim_is_told_as_a_loss(stage):
    shim = await stage.launch()
    end(shim_of(shim.pid), signal.SIGKILL)
    lost = await asyncio.wait_for(shim.exited, PATIENCE)
    assert (lost.code, bool(lost.error)) == (255, True)
    with pytest.raises(ShimGone):
        await stage.adopt(stage.made[0])
    with pytest.raises(ExecFailed):
        await start(shim, "late", "/bin/true")


async def test_another_engine_finds_the_container_and_its_programs(stage):
    shim = await stage.launch()
    stream = await start(shim, "running", "/bin/sh", "-c", "cat", tty=False)
    assert (await sh(shim, "exit 4")).code == 4
    await shim.close()
    found = await stage.adopt(stage.made[0])
    assert (found.pid, found.start) == (shim.pid, shim.start)
    known = {session.id: session for session in found.sessions}
    assert known["running"].running
    assert [s.exit_code for s in found.sessions if not s.running] == [4]
    stream.sendall(b"still there")
    assert (await asyncio.to_thread(stream.recv, 100))[8:] == b"still there"
    assert (await sh(found, "echo fine")).output == "fine\r\n"
    os.kill(found.pid, signal.SIGKILL)
    assert (await asyncio.wait_for(found.exited, PATIENCE)).code == 137
    stream.close()


async def test_the_end_is_on_disk_before_anybody_hears_of_it(stage):
    shim = await stage.launch(args=("/bin/sh", "-c", "read x; exit 9"), open_stdin=True)
    file = Path(stage.made[0].directory) / "exit.json"
    seen = []
    shim.exited.add_done_callback(lambda _: seen.append(json.loads(file.read_text())["code"]))
    os.kill(shim.pid, signal.SIGKILL)
    assert (await asyncio.wait_for(shim.exited, PATIENCE)).code == 137
    await asyncio.sleep(0)
    assert seen == [137]


async def test_output_between_the_engines_is_in_the_log(stage):
    script = "for i in $(seq 50); do echo $i; sleep 0.02; done; sleep 1000"
    shim = await stage.launch(args=("/bin/sh", "-c", script))
    await shim.close()
    log = Path(stage.made[0].directory) / "log.json"
    assert settled(lambda: '"50\\n"' in log.read_text(), within=PATIENCE)
    lines = [json.loads(line)["log"] for line in log.read_text().splitlines()]
    assert lines == [f"{n}\n" for n in range(1, 51)]


@pytest.mark.parametrize("runtime", BOTH)
@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"layers": ("/nowhere",)}, "IdmappedLayer"),
        ({"args": ("/bin/nothing",)}, "exec"),
        ({"user": "nobody-here"}, "user"),
        ({"cwd": "/etc/passwd"}, "working directory"),
        ({"disk": 1 << 50, "runtime": "lab"}, "prepare"),
    ],
)
async def test_a_failing_step_is_named_and_leaves_nothing(stage, runtime, change, step):
    spec = replace(stage.spec(runtime=runtime, seccomp=runtime), **change)
    with pytest.raises(LaunchFailed) as failed:
        await stage.launcher.born(await stage.launcher.launch(spec))
    assert failed.value.step.startswith(step)
    assert [one for one in stage.place.iterdir() if one.is_socket()] == []
    # The spare's groups stand for the next one.
    assert settled(lambda: stage.named_groups() == {stage.launcher.spare}, within=10)
    assert stage.devices_and_mounts() == []
    fine = await stage.launch(runtime=runtime, seccomp=runtime)
    assert (await sh(fine, "echo fine")).output == "fine\r\n"


async def test_a_frozen_container_does_not_hold_up_its_shim(stage):
    shim = await stage.launch()
    spec = stage.made[0]
    with frozen(spec):
        asked = asyncio.create_task(start(shim, "later", "/bin/echo", "thawed"))
        found = await stage.adopt(spec)
        found.resize("nobody", 1, 1)
        again = await stage.adopt(spec)
        assert again.pid == shim.pid
        assert not asked.done()
        await found.close()
        await again.close()
    stream = await asyncio.wait_for(asked, PATIENCE)
    assert await asyncio.to_thread(stream.recv, 100) == b"thawed\r\n"
    stream.close()


async def test_an_exec_that_is_held_up_ends_with_the_container(stage):
    shim = await stage.launch()
    father = shim_of(shim.pid)
    with frozen(stage.made[0]):
        asked = asyncio.create_task(_attempt(shim, 0))
        assert await asyncio.to_thread(settled, lambda: len(children(father)) > 1, within=PATIENCE)
        assert not asked.done()
        group = Hierarchies.probe().group(stage.made[0].cgroup)
        await asyncio.to_thread(group.kill)
    # Killing thaws first, so it may have run for a moment. Nobody waits for ever.
    assert await asyncio.wait_for(asked, PATIENCE) in ("refused", "ran")
    assert (await asyncio.wait_for(shim.exited, PATIENCE)).code == 137


@pytest.mark.parametrize("script", ["kill -9 -1", "kill -STOP -1; kill -CONT -1", "kill -STOP 1"])
async def test_a_container_that_turns_on_itself_hurts_itself_at_the_most(stage, script):
    shim = await stage.launch(args=("/bin/sh", "-c", "while :; do sleep 1; done"))
    neighbour = await stage.launch()
    doing = await start(shim, "s", "/bin/sh", "-c", script)
    doing.close()
    assert (await sh(neighbour, "echo fine")).output == "fine\r\n"
    os.kill(shim.pid, signal.SIGKILL)
    assert (await asyncio.wait_for(shim.exited, PATIENCE)).code == 137


async def test_an_exec_into_a_dying_container_fails_and_hangs_nobody(stage):
    shim = await stage.launch()
    os.kill(shim.pid, signal.SIGKILL)
    results = await asyncio.wait_for(
        asyncio.gather(*(_attempt(shim, n) for n in range(10))), PATIENCE
    )
    assert results.count("refused") >= 9
    assert (await asyncio.wait_for(shim.exited, PATIENCE)).code == 137


async def _attempt(shim, number: int) -> str:
    try:
        (await start(shim, f"s{number}", "/bin/true")).close()
    except ExecFailed:
        return "refused"
    return "ran"


BABBLE = [b"{", b"[]", b"@", b'{"op": "dance"}', b'{"op": "exec", "asked": 1}', b"\0" * 9000]


@pytest.mark.parametrize("babble", BABBLE)
async def test_an_engine_that_babbles_does_not_end_the_container(stage, babble):
    shim = await stage.launch()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
        stranger.connect(stage.made[0].socket)
        stranger.send(babble)
        null = os.open("/dev/null", os.O_RDONLY)
        wants = {"mode": "terminal", "stdin": 1, "stdout": 1, "stderr": 1, "early": ""}
        with suppress(OSError):  # It was shown the door already.
            wire.send(stranger, {"op": "attach", "session": "init", "wants": wants}, (null,))
        os.close(null)
    assert (await sh(shim, "echo fine")).output == "fine\r\n"


async def test_a_stalled_terminal_costs_a_bounded_amount_and_is_resumed(stage):
    shim = await stage.launch()
    stream = await start(shim, "flood", "/bin/yes", mode=Mode.TERMINAL)
    shim_pid = shim_of(shim.pid)
    before = private_kilobytes(shim_pid)
    stream.sendall(struct.pack(">IBQ", 9, 3, 0))
    await asyncio.sleep(1)
    assert private_kilobytes(shim_pid) - before <= MOST_STALLED
    # It has a window and no more; what it takes back is acknowledged and goes on.
    received = bytearray()
    while len(received) < 128 * 1024:
        received += await asyncio.to_thread(stream.recv, 1 << 16)
    stream.sendall(struct.pack(">IBI", 5, 2, 100_000))
    more = bytearray()
    while len(more) < 100_000:
        more += await asyncio.to_thread(stream.recv, 1 << 16)
    stream.close()
    assert (await sh(shim, "echo fine")).output == "fine\r\n"


async def test_a_sleeping_shim_is_small(stage):
    shim = await stage.launch()
    await sh(shim, "echo fine")
    assert private_kilobytes(shim_of(shim.pid)) <= MOST_PRIVATE


async def test_ended_terminals_are_kept_up_to_a_bound(stage):
    shim = await stage.launch()
    for _ in range(8):
        await sh(shim, "head -c 300000 /dev/zero")
    known = (await stage.adopt(stage.made[0])).sessions
    assert 3 <= len([session for session in known if not session.running]) <= 5
    for _ in range(40):
        await sh(shim, "true", tty=False)
    assert len((await stage.adopt(stage.made[0])).sessions) <= 34
