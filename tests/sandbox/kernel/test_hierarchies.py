"""Which hierarchies a host has, told from the text of mountinfo alone."""

from __future__ import annotations

import pytest

from sandbox.kernel.cgroups.hierarchy import parse, unmounted
from sandbox.kernel.cgroups.state import State, merged

PURE = """\
24 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
"""
LEGACY = """\
31 23 0:28 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
32 31 0:29 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,xattr,name=systemd
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 master:2 - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
35 31 0:31 / /mnt/the\\040same rw - cgroup cgroup rw,memory
36 31 0:32 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer,clone_children
"""
HYBRID = LEGACY + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"


def test_a_pure_host_has_one_hierarchy_of_version_2():
    assert [(one.version, one.mountpoint) for one in parse(PURE)] == [(2, "/sys/fs/cgroup")]


def test_a_legacy_host_has_one_hierarchy_for_each_mount_with_its_controllers_or_name():
    found = [(sorted(one.controllers), one.name, one.options) for one in parse(LEGACY)]
    assert found == [
        ([], "systemd", "none,name=systemd"),
        (["cpu", "cpuacct"], "", "cpu,cpuacct"),
        (["memory"], "", "memory"),
        (["freezer"], "", "freezer"),
    ]


def test_a_hybrid_host_has_both():
    assert [one.version for one in parse(HYBRID)] == [1, 1, 1, 1, 2]


def test_only_memory_pids_cpu_and_version_2_may_be_handed_to_a_container():
    delegable = [one.options or one.fstype for one in parse(HYBRID) if one.delegable]
    assert delegable == ["cpu,cpuacct", "memory", "cgroup2"]


def test_a_mount_point_is_read_with_its_octal_escapes():
    first = LEGACY.splitlines()[4]
    assert parse(first)[0].mountpoint == "/mnt/the same"


def test_an_active_hierarchy_that_is_mounted_nowhere_is_named():
    own = "5:pids:/a\n4:memory:/\n3:cpu,cpuacct:/\n2:freezer:/\n1:name=systemd:/b:c\n0::/\n"
    assert unmounted(own, parse(HYBRID)) == ("pids",)


def test_what_one_hierarchy_knows_completes_what_another_does_not():
    told = merged([State(memory_limit=5), State(pids_max=7), State()])
    assert told == State(memory_limit=5, pids_max=7)


@pytest.mark.parametrize(
    ("freezers", "frozen"),
    [((None, None), None), ((False, None), False), ((False, True), True), ((True, False), True)],
)
def test_a_group_is_frozen_when_either_freezer_holds_it(freezers, frozen):
    assert merged([State(frozen=one) for one in freezers]).frozen is frozen
