"""--ulimit, --sysctl, --security-opt and --init: what is refused, and what becomes of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.boot.mounts import PlaceTree
from sandbox.boot.steps import Mount
from sandbox.engine import security, sysctls, ulimits
from sandbox.engine.errors import BadParameter, NotOffered, StartFailed
from sandbox.engine.plan import INIT, exec_program, launch_plan
from sandbox.engine.record import HostConfig
from sandbox.engine.spec import ExecSpec
from sandbox.kernel.mount import MS
from tests.sandbox.engine.test_plan import ORDINARY


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"Name": "as", "Soft": 1, "Hard": 1}, "invalid ulimit type: as"),
        ({"Name": "nofile", "Soft": 2, "Hard": 1}, "less than or equal to hard limit: 2 > 1"),
        ({"Name": "nofile", "Soft": -1, "Hard": 1}, "less than or equal to hard limit"),
        ({"Name": "nofile", "Soft": -2, "Hard": -2}, "-1 for unlimited"),
        ({"Name": "nofile", "Soft": "1", "Hard": 1}, "are numbers"),
        ({"Name": "nofile"}, "are numbers"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(said, words):
    with pytest.raises(BadParameter, match=words):
        ulimits.check(said)


def test_a_limit_reaches_the_program_and_what_is_run_beside_it():
    said = {"Name": "nofile", "Soft": 5, "Hard": -1}
    ulimits.check(said)
    spec = replace(ORDINARY, rlimits=(ulimits.rlimit(said),), groups=("7",))
    beside = ExecSpec("e", ("x",), (), "", "", tty=False, stdin=False)
    for program in (launch_plan(spec).program, exec_program(beside, spec)):
        assert program.rlimits == ((7, 5, -1),)
        assert program.groups == ("7",)


@pytest.mark.parametrize(
    "name",
    ["kernel.panic", "vm.swappiness", "net/../kernel/panic", "net..x", "fs.file-max", "net."],
)
def test_a_switch_of_the_whole_host_is_refused(name):
    with pytest.raises(BadParameter, match="separate kernel namespace"):
        sysctls.check(name)


@pytest.mark.parametrize("mode", ["host", "container:other"])
def test_a_network_that_is_somebody_elses_keeps_its_switches(mode):
    with pytest.raises(StartFailed, match="not allowed in host network namespace"):
        sysctls.checked(HostConfig(network_mode=mode, sysctls={"net.core.somaxconn": "1"}), "")


def test_a_domain_name_is_a_switch_too():
    limits = HostConfig(sysctls={"net.core.somaxconn": "1"})
    expected = (("kernel/domainname", "a.b"), ("net/core/somaxconn", "1"))
    assert sysctls.checked(limits, "a.b") == expected
    assert sysctls.checked(replace(limits, uts_mode="host"), "a.b") == expected[1:]


@pytest.mark.parametrize(
    ("options", "filter_", "nothing_new"),
    [
        ((), "default", False),
        (("no-new-privileges",), "default", True),
        (("no-new-privileges:true",), "default", True),
        (("no-new-privileges=false",), "default", False),
        (("seccomp=unconfined",), "unconfined", False),
        (("seccomp:unconfined", "no-new-privileges"), "unconfined", True),
        (("apparmor=unconfined", "label=disable"), "default", False),
    ],
)
def test_security_options(options, filter_, nothing_new):
    security.check(options)
    assert security.seccomp(options) == filter_
    assert security.no_new_privileges(options) is nothing_new


def test_a_security_option_that_we_cannot_keep_is_refused():
    with pytest.raises(NotOffered, match="seccomp=unconfined"):
        security.check(("seccomp={}",))
    with pytest.raises(BadParameter, match="invalid --security-opt 2"):
        security.check(("nonsense=1",))


def test_an_init_stands_before_the_program_and_not_before_what_is_run_beside_it():
    spec = replace(ORDINARY, init="/usr/bin/tini-static", args=("sleep", "1"))
    plan = launch_plan(spec)
    assert plan.program.args == (INIT, "--", "sleep", "1")
    assert PlaceTree("/usr/bin/tini-static", INIT, spec.id_base) in plan.root
    beside = ExecSpec("e", ("x",), (), "", "", tty=False, stdin=False)
    assert exec_program(beside, spec).args == ("x",)


def test_only_another_size_of_shared_memory_costs_a_mount():
    def mounts(spec):
        return [s for s in launch_plan(spec).root if isinstance(s, Mount) and s.source == "shm"]

    assert mounts(ORDINARY) == []
    (only,) = mounts(replace(ORDINARY, shm_size=8 << 20))
    assert only.flags & MS.REMOUNT
    assert only.options.endswith("size=8388608")
