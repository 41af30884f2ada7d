"""Groups on this host's hierarchies, witnessed by /proc/PID/cgroup and by what a limit stops."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.kernel_probe import BASE, in_child
from sandbox.kernel.cgroups import tree
from sandbox.kernel.cgroups.group import Group
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.clone import fork_into
from tests import witness

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]
MIB = 1 << 20


@pytest.fixture
def hierarchies():
    return Hierarchies.probe()


@pytest.fixture
def group(hierarchies):
    made = hierarchies.group(f"terrarium-test-{os.getpid()}")
    made.create()
    yield made
    made.kill()
    assert made.wait_empty(10)
    assert made.remove() == []


def inside(group, script, **options):
    """A Python in the group, which it joined before its first line."""
    return started(group.join, script, **options)


def started(join, script, **options):
    argv = [sys.executable, "-S", "-c", script]
    return subprocess.Popen(argv, text=True, stdout=-1, preexec_fn=join, **options)  # noqa: PLW1509 no threads here


def needs(hierarchies, version):
    if all(one.version != version for one in hierarchies):
        pytest.skip(f"this host has no version {version} hierarchy")


def test_a_process_that_joined_is_in_the_group_of_every_hierarchy(group):
    child = inside(group, "input()", stdin=-1)
    rows = Path(f"/proc/{child.pid}/cgroup").read_text(encoding="ascii").splitlines()
    assert {row.split(":", 2)[2] for row in rows} == {f"/{group.name}"}
    assert group.processes() == group.members() == (child.pid,)
    child.communicate("\n")


def test_a_group_that_exists_is_created_again_without_an_error(group):
    group.create()
    assert group.exists()
    assert not group.child("other").exists()


def test_limits_are_told_in_neutral_words_and_are_none_without_one(group):
    before = group.state()
    assert (before.memory_limit, before.cpu_quota, before.pids_max) == (None, None, None)
    group.limit(memory=64 * MIB, pids=40, cpu=0.5)
    after = group.state()
    assert (after.memory_limit, after.cpu_quota, after.pids_max) == (64 * MIB, 0.5, 40)
    assert (after.memory_oom_kills, after.pids_hits, after.frozen) == (0, 0, False)


def test_a_limit_may_be_raised_and_lowered_again(group):
    for limit in (64 * MIB, 128 * MIB, 32 * MIB):
        group.limit(memory=limit)
        assert group.state().memory_limit == limit


def test_more_memory_than_the_limit_ends_in_an_oom_kill_below_that_the_group_counts(group):
    group.limit(memory=48 * MIB)
    box = group.child("box")
    box.create()
    child = inside(box, "bytearray(200 << 20)")
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert box.state().memory_oom_kills == 1
    assert group.state().memory_oom_kills == 1


def test_more_processes_than_the_limit_are_refused_and_counted(group):
    group.limit(pids=5)
    box = group.child("box")
    box.create()
    script = (
        "import os\ntry:\n  while os.fork(): pass\n  input()\nexcept OSError as e: print(e.errno)"
    )
    child = inside(box, script, stdin=-1)
    assert child.stdout.readline() == f"{errno.EAGAIN}\n"
    child.communicate("\n")
    assert group.state().pids_hits == 1


def test_a_spinning_process_is_throttled(group):
    group.limit(cpu=0.2)
    child = inside(group, "while True: pass")
    assert witness.settled(lambda: (group.state().cpu_throttled or 0) > 1, within=10)
    child.kill()
    child.communicate()


def test_a_delegated_box_belongs_to_the_containers_root_but_its_limits_do_not(group, hierarchies):
    box = group.child("box")
    box.create()
    box.delegate(BASE, BASE)
    for one in hierarchies:
        directory = Path(one.mountpoint, box.name)
        owner = BASE if one.delegable else 0
        assert {directory.stat().st_uid, (directory / "cgroup.procs").stat().st_uid} == {owner}
        limits = [*directory.glob("*.max"), *directory.glob("*limit*"), *directory.glob("*quota*")]
        assert {path.stat().st_uid for path in limits} <= {0}


def test_a_delegated_version_2_box_bounds_its_descendants(group, hierarchies):
    needs(hierarchies, 2)
    group.delegate(BASE, BASE, descendants=3)
    (top,) = (Path(one.mountpoint, group.name) for one in hierarchies if one.version == 2)

    def groups_made():
        os.setresuid(BASE, BASE, BASE)
        for number in range(10):
            try:
                (top / str(number)).mkdir()
            except OSError as refused:
                return f"{number} {refused.errno == errno.EAGAIN}"
        return "all"

    assert in_child(groups_made) == "3 True"


def test_a_restricted_group_opens_standard_devices_and_no_others(group, hierarchies):
    if not hierarchies.has("devices"):
        pytest.skip("this host has no device list (version 2 would need a BPF program)")
    group.restrict_devices()

    def opened():
        group.join()
        os.close(os.open("/dev/null", os.O_RDWR))
        try:
            os.open("/dev/loop-control", os.O_RDWR)
        except PermissionError:
            return "refused"
        return "opened"

    assert in_child(opened) == "refused"


def test_a_missing_controller_is_named():
    with pytest.raises(OSError, match="memory") as missing:
        Group("terrarium-none", ()).limit(memory=1)
    assert missing.value.errno == errno.EOPNOTSUPP


def test_walk_finds_a_group_that_was_made_in_one_hierarchy_only(group, hierarchies):
    for one, name in zip(hierarchies, "abcdefghijklm", strict=False):
        Path(one.mountpoint, group.name, name, "deep").mkdir(parents=True)
    paths = [path for path, _ in group.walk()]
    assert paths[:3] == ["/", "/a", "/a/deep"]
    assert len(paths) == 1 + 2 * len(hierarchies.found)


def test_a_group_freezes_and_thaws(group):
    child = inside(group, "import time\nwhile True: print(flush=True); time.sleep(0.01)")
    child.stdout.readline()
    group.freeze()
    assert witness.settled(lambda: group.state().frozen is True, within=5)
    group.thaw()
    assert witness.settled(lambda: group.state().frozen is False, within=5)
    child.kill()
    child.communicate()


def test_a_task_frozen_by_version_1_is_killed_all_the_same(group, hierarchies):
    freezers = [one for one in hierarchies if "freezer" in one.controllers]
    if not freezers:
        pytest.skip("this host has no freezer of version 1")
    group.child("inner").create()
    child = inside(group.child("inner"), "input()", stdin=-1)
    state = Path(freezers[0].mountpoint, group.name, "inner", "freezer.state")
    state.write_text("FROZEN", encoding="ascii")
    assert witness.settled(lambda: state.read_text() == "FROZEN\n", within=5)
    assert group.child("inner").state().frozen is True
    group.kill()
    assert child.wait(timeout=10) == -signal.SIGKILL
    child.communicate()


@pytest.mark.parametrize("version", [1, 2])
def test_a_fork_bomb_is_killed_whichever_version_is_there(hierarchies, version):
    needs(hierarchies, version)
    some = tuple(one for one in hierarchies if one.version == version)
    group = Group(f"terrarium-bomb-{os.getpid()}", some)
    group.create()
    safety = hierarchies.group(f"terrarium-bomb-limit-{os.getpid()}")
    pids = tuple(one for one in hierarchies if "pids" in one.controllers and one not in some)
    limited = Group(safety.name, pids) if pids else group
    limited.create()
    limited.limit(pids=60)
    bomb = (
        "import os, signal\nsignal.signal(17, signal.SIG_IGN)\nprint(flush=True)\n"
        "while True:\n  try: os.fork()\n  except OSError: pass"
    )

    def join():
        limited.join()
        group.join()

    child = started(join, bomb)
    child.stdout.readline()
    assert witness.settled(lambda: len(group.processes()) > 30, within=10)
    group.kill()
    assert group.wait_empty(10)
    child.communicate()
    assert group.remove() + limited.remove() == []


def test_wait_empty_says_when_something_is_left(group):
    child = inside(group, "input()", stdin=-1)
    assert group.wait_empty(0.05) is False
    child.communicate("\n")
    assert group.wait_empty(5) is True


def test_what_cannot_be_removed_is_named_and_the_rest_is_gone(group):
    stays, goes = group.child("stays"), group.child("goes")
    stays.create()
    goes.create()
    child = inside(stays, "input()", stdin=-1)
    left = group.remove()
    assert left
    assert {Path(path).name for path in left} == {"stays", Path(group.name).name}
    assert not goes.exists()
    child.communicate("\n")


def test_a_tree_deeper_than_any_path_is_removed(group, hierarchies):
    one = next(one for one in hierarchies if one.delegable)
    start = os.open(Path(one.mountpoint, group.name), os.O_RDONLY)
    here = os.dup(start)
    for _ in range(120):
        os.mkdir("d" * 60, dir_fd=here)
        below = os.open("d" * 60, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    os.close(start)
    assert 4096 // 62 < len(list(tree.below(f"{one.mountpoint}/{group.name}"))) < 121
    assert group.remove() == []
    group.create()


def test_a_vanished_group_tells_nothing_and_is_removed_already(hierarchies):
    gone = hierarchies.group(f"terrarium-gone-{time.monotonic_ns()}")
    assert gone.state() == type(gone.state())()
    assert (gone.processes(), list(gone.walk()), gone.remove()) == ((), [], [])
    gone.kill()


def test_a_child_born_through_the_door_joins_without_a_move_of_its_process(group):
    door = group.door()
    reading, writing = os.pipe()
    if (child := fork_into(0, cgroup=door)) == 0:
        born = Path("/proc/self/cgroup").read_text()
        group.join(born=True)
        os.write(writing, json.dumps([born, Path("/proc/self/cgroup").read_text()]).encode())
        os._exit(0)
    os.close(writing)
    assert os.waitpid(child, 0)[1] == 0
    with os.fdopen(reading) as told:
        born, joined = json.loads(told.read())
    if door is not None:
        os.close(door)
        assert f"0::/{group.name}\n" in born
    lines = [line.split(":", 2) for line in joined.splitlines()]
    known = {",".join(sorted(one.controllers)) or one.name for one in group.hierarchies}
    there = [path for number, names, path in lines if number == "0" or names in known]
    assert there
    assert set(there) == {f"/{group.name}"}


def test_the_hierarchies_own_roots_are_no_group(hierarchies):
    for name in ("", "/", "//"):
        with pytest.raises(ValueError, match="without a name"):
            hierarchies.group(name)
