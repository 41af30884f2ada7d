"""What is decided about a container's making: pure values, in the order that makes it safe."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.boot import plan as plans
from sandbox.boot.steps import (
    Attach,
    Borrow,
    Device,
    IdmappedLayer,
    LoopDisk,
    Mask,
    Mount,
    PivotRoot,
    ReadOnly,
    RemountReadOnly,
)
from sandbox.engine.plan import ahead, exec_program, launch_plan
from sandbox.engine.spec import ExecSpec, LaunchSpec, Limits
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.cgroups.hierarchy import Hierarchy
from sandbox.kernel.credentials import CAP
from sandbox.kernel.mount import MS

PURE = Hierarchies((Hierarchy(2, frozenset({"memory", "pids", "cpu"}), "", "/sys/fs/cgroup"),))
LEGACY = Hierarchies(
    (
        *(
            Hierarchy(1, frozenset({name}), "", f"/sys/fs/cgroup/{name}")
            for name in ("memory", "pids", "devices", "freezer")
        ),
        Hierarchy(1, frozenset({"cpu", "cpuacct"}), "", "/sys/fs/cgroup/cpu,cpuacct"),
        Hierarchy(1, frozenset(), "systemd", "/sys/fs/cgroup/systemd"),
        Hierarchy(2, frozenset(), "", "/sys/fs/cgroup/unified"),
    )
)
BASE = 0x30010000
LAB = LaunchSpec(
    id="a" * 64,
    directory="/state/containers/a",
    socket="/run/a.sock",
    runtime="lab",
    profile="plain",
    layers=("/layers/bottom", "/layers/top"),
    args=("/bin/bash",),
    env=("A=1", "B=ü"),
    cwd="/root",
    user="",
    hostname="lab",
    tty=True,
    open_stdin=True,
    stdin_once=False,
    id_base=BASE,
    cgroup="terrarium-1a2b3c4d/aaaaaaaaaaaa",
    limits=Limits(512 << 20, 256, 1.0),
    disk=1 << 30,
    seccomp="lab",
)
ORDINARY = replace(LAB, runtime="default", capabilities=("CHOWN", "KILL"), seccomp="default")


def targets(steps, kind) -> list[str]:
    return [step.target for step in steps if isinstance(step, kind)]


def paths(spec, kind) -> set[str]:
    """Of a container of this spec, whether it is done ahead or for it alone."""
    early = [step for step in ahead(LEGACY, "/run/stage").within if isinstance(step, kind)]
    late = [step for step in launch_plan(spec).root if isinstance(step, kind)]
    return {f"/{path.lstrip('/')}" for step in (*early, *late) for path in step.paths}


def masked(spec) -> set[str]:
    return paths(spec, Mask)


def read_only(spec) -> set[str]:
    return paths(spec, ReadOnly)


def position(steps, kind) -> int:
    return next(i for i, step in enumerate(steps) if isinstance(step, kind))


specs = st.builds(
    replace,
    st.sampled_from([LAB, ORDINARY]),
    profile=st.sampled_from(["plain", "cgroup"]),
    args=st.lists(st.text(min_size=1), min_size=1, max_size=3).map(tuple),
    layers=st.lists(st.sampled_from(["/a", "/b"]), min_size=1, max_size=3).map(tuple),
    read_only=st.booleans(),
    tty=st.booleans(),
)


@given(specs)
def test_a_plan_is_the_same_each_time_and_after_its_way_over_the_wire(spec):
    plan = launch_plan(spec)
    assert launch_plan(spec) == plan
    assert plans.decode(json.loads(json.dumps(plans.encode(plan)))) == plan


@pytest.mark.parametrize("hierarchies", [PURE, LEGACY])
def test_what_is_done_ahead_is_the_same_after_its_way_over_the_wire(hierarchies):
    first = ahead(hierarchies, "/run/stage")
    assert plans.decode_ahead(json.loads(json.dumps(plans.encode_ahead(first)))) == first


def test_a_step_prints_as_what_it_does():
    printed = [repr(step) for step in launch_plan(LAB).root]
    assert "LoopDisk(image='/state/containers/a/disk.img', target='disk')" in printed
    assert any(line.startswith("Mount(source='overlay', target='root'") for line in printed)


def test_layers_are_stacked_the_last_on_top_and_belong_to_the_container():
    plan = launch_plan(LAB)
    layers = [step for step in plan.root if isinstance(step, IdmappedLayer)]
    assert [(one.source, one.target) for one in layers] == [
        ("/layers/bottom", "l0"),
        ("/layers/top", "l1"),
    ]
    overlay = next(s for s in plan.root if isinstance(s, Mount) and s.fstype == "overlay")
    assert "lowerdir=l1:l0," in overlay.options
    assert overlay.flags & MS.NODEV


def test_a_lab_is_made_in_two_steps_and_everything_of_the_host_is_mounted_in_the_first():
    first, plan = ahead(LEGACY, "/run/stage"), launch_plan(LAB)
    pivot = position(plan.root, PivotRoot)
    # Disk and layers before the pivot; what was made ahead is carried over it.
    assert position(plan.root, LoopDisk) < position(plan.root, Borrow) < pivot
    assert pivot < position(plan.root, Attach)
    assert position(first.stage, Mount) < position(first.stage, Device)
    # Masks come after what they hide, and before what is to be read-only.
    assert "proc" in targets(first.within, Mount)
    assert position(first.within, Mount) < position(first.within, Mask)
    assert position(first.within, Mask) < position(first.within, ReadOnly)


def test_a_lab_keeps_one_unmasked_proc_and_sysfs_for_root_alone():
    bare = {"/run/.nest/proc", "/run/.nest/sys"}
    assert bare <= set(targets(launch_plan(LAB).root, Attach))
    assert Borrow(("proc", "sys"), bare=True) in launch_plan(LAB).root
    assert not bare & set(targets(launch_plan(ORDINARY).root, Attach))


def test_an_ordinary_container_has_mobys_masks():
    assert masked(ORDINARY) >= {
        *("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys"),
        *("/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list"),
        *("/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"),
    }
    assert read_only(ORDINARY) == {
        *("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
    }


def test_a_lab_hides_more_but_its_sysctls_can_be_set():
    assert masked(replace(LAB, profile="plain")) > masked(ORDINARY)
    assert "/proc/sys" not in masked(LAB) | read_only(LAB)


def test_only_labs_have_limits_of_namespaces_and_a_disk():
    lab, ordinary = launch_plan(LAB), launch_plan(ORDINARY)
    assert dict(lab.users)["max_net_namespaces"] <= 64
    assert ordinary.users == ()
    assert not [step for step in ordinary.root if isinstance(step, LoopDisk)]
    for plan in (lab, ordinary):
        assert plan.fence.group == "terrarium-1a2b3c4d/aaaaaaaaaaaa/box"


def test_the_box_is_the_labs_own_only_where_its_profile_says_so():
    assert launch_plan(LAB).fence.owner == 0
    assert launch_plan(replace(LAB, profile="cgroup")).fence.owner == BASE
    assert launch_plan(replace(ORDINARY, profile="cgroup")).fence.owner == 0


def test_only_the_safe_hierarchies_are_shown_to_a_lab_that_may_make_groups():
    shown = targets(ahead(LEGACY, "/run/stage").within, Mount)
    assert {path for path in shown if path.startswith("cgroup/")} == {
        *("cgroup/memory", "cgroup/pids", "cgroup/cpu,cpuacct", "cgroup/unified"),
    }
    assert RemountReadOnly("/sys/fs/cgroup") in launch_plan(replace(LAB, profile="cgroup")).root
    assert Attach("cgroup", "/sys/fs/cgroup") in launch_plan(replace(LAB, profile="cgroup")).root
    for spec in (LAB, ORDINARY, replace(ORDINARY, profile="cgroup")):
        assert "/sys/fs/cgroup" in masked(spec)
        assert "/sys/fs/cgroup" not in targets(launch_plan(spec).root, Attach)


def test_a_version_2_host_shows_its_one_tree():
    assert "cgroup" in targets(ahead(PURE, "/run/stage").within, Mount)


def test_a_lab_has_every_capability_and_an_ordinary_container_those_it_was_given():
    assert launch_plan(LAB).program.capabilities.bit_count() == len(CAP)
    given = launch_plan(ORDINARY).program.capabilities
    assert given == 1 << CAP.CHOWN | 1 << CAP.KILL


@pytest.mark.parametrize("container", [LAB, ORDINARY, replace(ORDINARY, seccomp="unconfined")])
def test_an_exec_has_the_containers_privileges_and_never_more(container):
    first = launch_plan(container).program
    spec = ExecSpec("e", ("ls",), (), "", "", tty=False, stdin=False)
    later = exec_program(spec, container)
    assert later.capabilities == first.capabilities
    assert later.filtered == first.filtered
    assert later.no_new_privileges == first.no_new_privileges


def test_a_read_only_root_is_closed_last():
    assert launch_plan(replace(ORDINARY, read_only=True)).root[-1] == RemountReadOnly("/")
