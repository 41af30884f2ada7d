"""What a version 2 group reads and writes, on plain files where no such controllers are."""

from __future__ import annotations

import pytest

from sandbox.kernel.cgroups.hierarchy import Hierarchy
from sandbox.kernel.cgroups.state import State
from sandbox.kernel.cgroups.usage import Io, Usage
from sandbox.kernel.cgroups.v2 import V2

TOLD = {
    "memory.max": "67108864",
    "memory.current": "4096",
    "memory.events": "low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 0",
    "cpu.max": "20000 100000",
    "cpu.stat": "usage_usec 1500\nuser_usec 1000\nnr_periods 8\nnr_throttled 3",
    "pids.max": "max",
    "pids.current": "2",
    "pids.events": "max 4",
    "cgroup.events": "populated 1\nfrozen 1",
}


@pytest.fixture
def group(tmp_path):
    (tmp_path / "group").mkdir()
    hierarchy = Hierarchy(2, frozenset({"memory", "pids", "cpu"}), "", str(tmp_path))
    return V2(hierarchy, str(tmp_path / "group"))


def has(group, **files):
    for name, text in files.items():
        with open(f"{group.directory}/{name}", "w", encoding="ascii") as file:
            file.write(text)


def says(group, name):
    with open(f"{group.directory}/{name}", encoding="ascii") as file:
        return file.read()


def test_every_file_is_told_in_neutral_words(group):
    has(group, **{name: f"{text}\n" for name, text in TOLD.items()})
    assert group.state() == State(
        memory_limit=67108864,
        memory_usage=4096,
        memory_oom_kills=1,
        cpu_quota=0.2,
        cpu_throttled=3,
        cpu_usage=1_500_000,
        pids_max=None,
        pids_current=2,
        pids_hits=4,
        frozen=True,
    )


def test_what_was_used_is_told_in_neutral_words(tmp_path, group):
    every = V2(Hierarchy(2, frozenset({"memory", "cpu", "io"}), "", str(tmp_path)), group.directory)
    stat = "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 8\nnr_throttled 3\n"
    has(
        every,
        **{
            "cpu.stat": f"{stat}throttled_usec 7\n",
            "memory.current": "4096\n",
            "memory.peak": "8192\n",
            "memory.stat": "anon 1\nfile 2\n",
            "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n7:1\n",
        },
    )
    assert Usage(**every.usage()) == Usage(
        cpu_total=9000,
        cpu_user=5000,
        cpu_kernel=4000,
        periods=8,
        throttled=3,
        throttled_time=7000,
        memory=4096,
        memory_peak=8192,
        memory_details={"anon": 1, "file": 2},
        io_bytes=(Io(8, 0, "read", 10), Io(8, 0, "write", 20)),
        io_count=(Io(8, 0, "read", 1), Io(8, 0, "write", 2)),
    )


def test_a_group_that_has_gone_has_used_nothing(tmp_path, group):
    gone = V2(Hierarchy(2, frozenset({"memory", "cpu", "io"}), "", str(tmp_path)), "/no/such")
    assert Usage(**gone.usage()) == Usage(io_bytes=(), io_count=())


def test_a_negative_number_of_processes_lifts_the_limit(group):
    has(group, **{"pids.max": "5"})
    group.limit_pids(-1)
    assert says(group, "pids.max").startswith("max")


def test_a_group_without_controllers_tells_only_whether_it_is_frozen(tmp_path, group):
    hybrid = V2(Hierarchy(2, frozenset(), "", str(tmp_path)), group.directory)
    has(hybrid, **{"cgroup.events": "populated 0\nfrozen 0\n", "cpu.stat": "usage_usec 7\n"})
    assert hybrid.state() == State(frozen=False)


def test_limits_are_written_in_the_units_of_version_2(group):
    has(group, **dict.fromkeys(("memory.max", "memory.swap.max", "pids.max", "cpu.max"), ""))
    group.limit_memory(1 << 20)
    group.limit_pids(9)
    group.limit_cpu(1.5)
    assert says(group, "memory.max") == "1048576"
    assert says(group, "memory.swap.max") == "0"
    assert says(group, "pids.max") == "9"
    assert says(group, "cpu.max") == "150000 100000"


def test_shares_become_weights_and_a_quota_may_have_a_period_of_its_own(group):
    has(group, **dict.fromkeys(("cpu.max", "cpu.weight"), ""))
    group.limit_cpu(0.5, 50_000)
    assert says(group, "cpu.max") == "25000 50000"
    for shares, weight in ((2, "1"), (1024, "39"), (1 << 18, "10000")):  # runc's own pairs
        group.share_cpu(shares)
        assert says(group, "cpu.weight") == weight


def test_a_kernel_without_swap_accounting_is_limited_all_the_same(group):
    has(group, **{"memory.max": ""})
    group.limit_memory(4096)
    assert says(group, "memory.max") == "4096"


def test_a_parent_hands_down_the_controllers_that_limits_need(tmp_path, group):
    (tmp_path / "cgroup.controllers").write_text("io memory\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    group.make()
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"


def test_a_controller_that_is_handed_down_already_is_not_asked_for_again(tmp_path, group):
    (tmp_path / "cgroup.controllers").write_text("memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("memory pids\n")
    group.make()
    assert (tmp_path / "cgroup.subtree_control").read_text() == "memory pids\n"


def test_a_kernel_without_cgroup_kill_or_freezer_says_so(group):
    assert (group.kill(), group.freeze()) == (False, False)
