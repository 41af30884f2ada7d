"""What a container is made of, as its programs and the host's /proc see it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sandbox.engine.shim import ExecFailed
from tests.kernel.runtime.stage import BOTH, run, sh, start

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("runtime", BOTH)
async def test_a_container_runs_and_a_further_program_has_a_terminal(stage, runtime):
    shim = await stage.launch(runtime=runtime, seccomp=runtime)
    ran = await sh(shim, "tty; id -u; hostname")
    assert ran.output.split() == ["/dev/pts/0", "0", "box"]
    assert ran.code == 0


async def test_masks_and_mounts_of_a_lab_cannot_be_undone(stage):
    shim = await stage.launch()
    before = (await sh(shim, "cat /proc/self/mountinfo")).output
    ran = await sh(shim, "while read _ path _; do umount $path || echo held; done < /proc/mounts")
    assert ran.output.count("held") == len(before.splitlines()) > 15
    assert (await sh(shim, "cat /proc/self/mountinfo")).output == before
    read_only = [line.split()[4] for line in before.splitlines() if " ro," in line]
    assert len(read_only) > 5
    for path in read_only:
        ran = await sh(shim, f"mount -o remount,bind,rw {path}")
        assert re.search("not permitted|[Pp]ermission denied", ran.output), path
    assert (await sh(shim, "cat /proc/cmdline /proc/keys")).output == ""


async def test_a_lab_can_nest_containers(stage):
    shim = await stage.launch()
    ran = await sh(shim, "unshare -m -p -f sh -c 'mount -t proc proc /proc && echo $$'")
    assert (ran.code, ran.output.strip()) == (0, "1")
    assert (await sh(shim, "unshare -U -r -m id -u")).output.strip() == "0"
    nested = "mount -t proc proc /mnt && mount -t sysfs -o ro sysfs /mnt && mount -t tmpfs t /mnt"
    assert (await sh(shim, f"unshare -U -r -m -n -p -f sh -c '{nested}'")).output == ""
    stack = "cd /mnt && mkdir l u w m && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m"
    assert (await sh(shim, f"mount -t tmpfs t /mnt && {stack} && echo fine")).output == "fine\r\n"


@pytest.mark.parametrize("device", ["b 8 0", "b 7 0", "c 1 1", "c 10 232"])
async def test_no_device_can_be_made(stage, device):
    shim = await stage.launch()
    assert "not permitted" in (await sh(shim, f"mknod /root/d {device}")).output


async def test_ids_capabilities_and_filter_are_what_was_decided(stage):
    shim = await stage.launch()
    base = stage.made[0].id_base
    for kind in ("uid_map", "gid_map"):
        assert _of(shim.pid, kind).split() == ["0", str(base), "65536"]
    status = _status(shim.pid)
    assert status["Uid"].split() == [str(base)] * 4
    assert status["Seccomp"] == "2"
    assert int(status["CapEff"], 16).bit_count() >= 40
    ordinary = await stage.launch(
        runtime="default", seccomp="default", capabilities=("CHOWN", "KILL"), user="user"
    )
    status = _status(ordinary.pid)
    second = stage.made[1].id_base
    assert status["Uid"].split() == [str(second + 7)] * 4
    assert status["Gid"].split() == [str(second + 8)] * 4
    assert (int(status["CapEff"], 16), int(status["CapBnd"], 16)) == (0, 0b100001)


def _of(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


def _status(pid: int) -> dict[str, str]:
    lines = _of(pid, "status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def test_the_limiter_cannot_be_raised_from_inside(stage):
    shim = await stage.launch()
    await sh(shim, "for f in /proc/sys/user/max_*; do echo 100000 > $f; done")
    made = await sh(shim, "for i in $(seq 200); do unshare -n sleep 30 & done; sleep 2; ps")
    assert made.output.count("sleep 30") <= 30


@pytest.mark.parametrize("runtime", BOTH)
@pytest.mark.parametrize("tty", [True, False])
async def test_programs_hold_no_descriptor_but_their_own(stage, runtime, tty):
    shim = await stage.launch(runtime=runtime, seccomp=runtime)
    assert set(os.listdir(f"/proc/{shim.pid}/fd")) == {"0", "1", "2"}
    stream = await start(shim, "s", "/bin/sleep", "30", tty=tty)
    (newcomer,) = [pid for pid in _family(shim.pid) if pid != shim.pid]
    assert set(os.listdir(f"/proc/{newcomer}/fd")) == {"0", "1", "2"}
    stream.close()


def _family(pid: int) -> list[int]:
    shim = _status(pid)["PPid"]
    return [int(one) for one in Path(f"/proc/{shim}/task/{shim}/children").read_text().split()]


@pytest.mark.parametrize("tty", [True, False])
async def test_signals_are_as_a_program_expects_them(stage, tty):
    shim = await stage.launch()
    ran = await run(shim, "/bin/grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status", tty=tty)
    assert [int(mask, 16) for mask in re.findall(r"Sig...:\t(\w+)", ran.output)] == [0, 0]
    assert _status(shim.pid)["SigIgn"] == "0" * 16


@pytest.mark.parametrize(
    ("program", "number"), [("/bin/nothing", 2), ("nothing", 2), ("/etc/passwd", 13), ("/bin", 13)]
)
async def test_a_program_that_cannot_be_run_says_why_and_leaves_nothing(stage, program, number):
    shim = await stage.launch()
    with pytest.raises(ExecFailed) as refused:
        await start(shim, "s", program)
    assert (refused.value.step, refused.value.errno) == ("exec", number)
    assert _family(shim.pid) == [shim.pid]
    assert (await sh(shim, "exit 3")).code == 3


async def test_an_exit_code_tells_of_a_signal(stage):
    shim = await stage.launch()
    assert (await sh(shim, "kill -9 $$")).code == 137


async def test_unknown_users_are_refused(stage):
    shim = await stage.launch()
    with pytest.raises(ExecFailed) as refused:
        await start(shim, "s", "/bin/true", user="nobody-here")
    assert refused.value.step == "user"
    assert (await sh(shim, "id -u; id -g", user="user")).output.split() == ["7", "8"]
