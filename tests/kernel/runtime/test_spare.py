"""The berth that waits for a container: lost at any time, wanted by several, never left over."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.engine.groups import take_away
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from tests.kernel.runtime.stage import sh
from tests.witness import settled

pytestmark = pytest.mark.kernel


def waiting(stage) -> list[int]:
    """The processes that stand in the spare's groups: the limiter, and the first one to be."""
    tops = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]
    files = [top / stage.launcher.spare / "box/cgroup.procs" for top in tops]
    return sorted({int(pid) for file in files if file.exists() for pid in file.read_text().split()})


def names(pids) -> set[str]:
    return {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}


async def test_a_spare_stands_ready_and_costs_two_processes(stage):
    assert settled(lambda: len(waiting(stage)) == 2, within=10)
    assert names(waiting(stage)) == {"terrarium-berth"}
    shim = await stage.launch()
    assert settled(lambda: len(waiting(stage)) == 2, within=10)
    assert shim.pid not in waiting(stage)


@pytest.mark.parametrize("which", [0, 1], ids=["limiter", "first"])
async def test_a_hurt_spare_is_replaced_before_anybody_notices(stage, which):
    assert settled(lambda: len(waiting(stage)) == 2, within=10)
    hurt = waiting(stage)
    os.kill(hurt[which], signal.SIGKILL)
    shim = await stage.launch()
    assert shim.pid not in hurt
    assert (await sh(shim, "echo fine")).output == "fine\r\n"
    assert settled(lambda: not any(Path(f"/proc/{pid}").exists() for pid in hurt), within=10)


async def test_a_spare_hurt_at_any_moment_leaves_no_second_one(stage):
    for moment in range(12):
        await stage.launch()
        assert settled(lambda: len(waiting(stage)) == 2, within=10)
        await asyncio.sleep(moment / 1000)  # The moment is the test: it is furnished meanwhile.
        for pid in waiting(stage)[1:]:
            with suppress(ProcessLookupError):  # A spare just hurt.
                os.kill(pid, signal.SIGKILL)
        shim = await stage.launch()
        assert (await sh(shim, "echo fine")).output == "fine\r\n"


async def test_many_starts_at_once_have_a_berth_each(stage):
    shims = await asyncio.gather(*(stage.launch(runtime="default", seccomp="default")
                                   for _ in range(6)))  # fmt: skip
    assert len({shim.pid for shim in shims}) == len({shim.group for shim in shims}) == 6
    for shim in shims:
        assert (await sh(shim, "echo fine")).output == "fine\r\n"


async def test_a_hundred_starts_leave_one_spare(stage):
    for _ in range(100):
        spec = stage.spec(runtime="default", seccomp="default", args=("/bin/true",))
        shim = await stage.launcher.launch(spec)
        await stage.launcher.born(shim)
        assert (await asyncio.wait_for(shim.exited, 20)).code == 0
        take_away(Hierarchies.probe().group(shim.group))
    assert settled(lambda: stage.named_groups() == {stage.launcher.spare}, within=10)
    assert settled(lambda: len(waiting(stage)) == 2, within=10)
