"""What a lab takes, it takes from its own limits: security.md 2.1."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.kernel.labs import MEMORY, PIDS
from tests.witness import settled

pytestmark = pytest.mark.kernel

EAGAIN, EMFILE, ENOMEM, ENOSPC = 11, 24, 12, 28
KILLED = 137


def taken(ran) -> tuple[int, int]:
    """How many the bomb got, and which errno stopped it; 0 when nothing did."""
    count, _, errno = ran.output.split()
    return int(count), int(errno)


def test_r01_a_fork_bomb_stops_at_the_limit(lab):
    count, errno = taken(lab.attack("bomb.pl", "forks", 8 * PIDS))
    assert errno == EAGAIN
    assert 0 < count < PIDS
    # The bomb's children die with it, and count until the lab's init has buried them.
    assert settled(lambda: _pids_in(lab) < PIDS // 2, within=10)
    assert lab.sh("echo fine").output == "fine\n"


def test_r01_a_live_fork_bomb_is_destroyed(make_lab):
    lab = make_lab()
    lab.background("bomb() { bomb | bomb & }; bomb")
    assert settled(lambda: _pids_in(lab) > PIDS // 2, within=10)
    assert _pids_in(lab) <= PIDS


def test_r02_a_memory_bomb_kills_inside_only(lab):
    ran = lab.attack("memory.pl", 4 * MEMORY >> 20)
    assert ran.code in (KILLED, 1)
    assert f"{4 * MEMORY >> 20}\n" not in ran.output
    assert lab.sh("echo fine").output == "fine\n"


def test_r02_a_lab_cannot_shoot_its_own_init(lab):
    assert lab.sh("kill -9 1; sleep 0.2; echo fine").output == "fine\n"


def test_r02_a_lab_that_shoots_everything_else_ends_and_is_removed(lab):
    lab.sh("kill -9 -1")
    assert lab.container.wait(timeout=20)["StatusCode"] != 0


def test_r03_a_full_disk_is_the_labs_own(lab):
    free_before = _free_bytes("/")
    ran = lab.sh("head -c 200M /dev/zero > /root/fill; echo $?; rm /root/fill")
    assert "No space left on device" in ran.output
    assert lab.sh("echo again > /root/file && cat /root/file").output == "again\n"
    assert free_before - _free_bytes("/") < 100 << 20


@pytest.mark.parametrize("place", ["/dev/shm", "/run", "/tmp"])
def test_r03_no_other_writable_place_is_larger_than_the_limits(lab, place):
    lab.sh(f"head -c 400M /dev/zero > {place}/fill")
    size = lab.sh(f"stat -c %s {place}/fill || echo 0").output.split()[-1]
    assert int(size) <= max(MEMORY, 64 << 20)
    assert lab.sh(f"rm -f {place}/fill; echo fine").output == "fine\n"


def test_r03_a_ramfs_counts_as_memory(make_lab):
    lab = make_lab()
    ran = lab.sh("mkdir /tmp/r && mount -t ramfs none /tmp/r && head -c 400M /dev/zero > /tmp/r/f")
    assert ran.code != 0


def test_r04_inodes_stop_at_the_disks_own_number(lab):
    count, errno = taken(lab.attack("bomb.pl", "inodes", 200_000))
    assert errno == ENOSPC
    assert count < 100_000


def test_r05_pipes_are_bounded_by_the_lab(lab):
    used_before = _open_files()
    count, errno = taken(lab.attack("bomb.pl", "pipes", 100_000))
    assert errno in (EMFILE, ENOMEM)
    assert count < 100_000
    assert _open_files() - used_before < 10_000


@pytest.mark.parametrize(("kind", "most"), [("net", 64), ("mnt", 128), ("uts", 256), ("ipc", 256)])
def test_r07_namespaces_stop_at_the_limiters_number(lab, kind, most):
    count, errno = taken(lab.attack("bomb.pl", kind, 1000))
    assert errno in (ENOSPC, ENOMEM, EMFILE)
    assert 0 < count <= most


def test_r07_user_namespaces_stop_too(lab):
    count, errno = taken(lab.attack("bomb.pl", "user", 1000))
    assert errno in (ENOSPC, EAGAIN)
    assert 0 < count <= PIDS


def test_r07_the_limiters_numbers_cannot_be_raised_from_inside(lab):
    lab.sh("for f in /proc/sys/user/max_*; do echo 100000 > $f; done")
    count, errno = taken(lab.attack("bomb.pl", "net", 1000))
    assert errno == ENOSPC
    assert count <= 64


def test_r08_a_mount_bomb_stays_inside(lab):
    lab.attack("bomb.pl", "tmpfs", 3000)
    assert lab.sh("echo fine").output == "fine\n"


def test_r09_a_lab_with_too_many_control_groups_is_ended_and_told_why(make_lab):
    lab = make_lab(profile="cgroup")
    bomb = "perl -e 'for (1..3000) { mkdir \"g$_\" or last }'"
    lab.sh(f"for tree in /sys/fs/cgroup/*/; do cd $tree; {bomb}; done; echo made; sleep 60")
    lab.container.wait(timeout=20)
    lab.container.reload()
    assert "control groups" in lab.container.attrs["State"]["Error"]


def test_r09_on_the_unified_tree_the_kernel_counts(make_lab):
    lab = make_lab(profile="cgroup")
    tree = lab.sh("cd /sys/fs/cgroup/unified 2>/dev/null || cd /sys/fs/cgroup; pwd").output.strip()
    lab.sh(f"cd {tree} && perl -e 'mkdir \"g$_\" or last for 1..2000'")
    assert int(lab.sh(f"ls -d {tree}/g* | wc -l").output) <= 64


def test_r09_groups_so_deep_that_no_path_names_them_are_removed(make_lab):
    lab = make_lab(profile="cgroup")
    name = "d" * 250
    dig = f"for i in $(seq 40); do mkdir {name} && cd {name} || break; done; echo $i"
    depths = [
        lab.sh(f"cd {tree} && {dig}").output for tree in lab.sh("ls -d /sys/fs/cgroup/*/").lines
    ]
    # The fixture removes the lab and finds nothing left.
    assert "40\n" in depths


def test_r11_inotify_instances_are_bounded(lab):
    count, errno = taken(lab.attack("bomb.pl", "inotify", 10_000))
    assert errno in (EMFILE, ENOSPC)
    assert count < 10_000


def test_r12_ptys_are_bounded(lab):
    count, errno = taken(lab.attack("bomb.pl", "ptys", 5000))
    assert errno in (ENOSPC, EMFILE, 5)
    assert count <= 64


def test_r13_eight_spinners_get_the_quota_and_no_more(lab):
    usage = _cpu_seconds(lab)
    began = time.monotonic()
    lab.sh("for i in 1 2 3 4 5 6 7 8; do timeout 3 sh -c 'while :; do :; done' & done; wait")
    passed = time.monotonic() - began
    # Half a CPU; a period of slack at each end.
    assert _cpu_seconds(lab) - usage <= 0.5 * passed + 0.3


def _group(lab, controller: str) -> Path:
    lines = Path(f"/proc/{lab.pid}/cgroup").read_text().splitlines()
    rows = [line.split(":", 2) for line in lines]
    path = next((path for _, names, path in rows if controller in names.split(",")), None)
    if path is None:
        unified = next(path for number, _, path in rows if number == "0")
        return Path(f"/sys/fs/cgroup{unified}")
    return Path(f"/sys/fs/cgroup/{controller}{path}")


def _pids_in(lab) -> int:
    return int((_group(lab, "pids") / "pids.current").read_text())


def _cpu_seconds(lab) -> float:
    group = _group(lab, "cpuacct")
    if (group / "cpuacct.usage").exists():
        return int((group / "cpuacct.usage").read_text()) / 1e9
    stat = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(stat["usage_usec"]) / 1e6


def _free_bytes(path: str) -> int:
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def _open_files() -> int:
    return int(Path("/proc/sys/fs/file-nr").read_text().split()[0])
