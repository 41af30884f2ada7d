"""The first exercises judged on labs made by hand: wrong, right, and right for a moment."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from pathlib import Path

import pytest

from course.exercises.asking import Witness
from course.exercises.catalogue import load
from course.exercises.judge import Standings, judge
from course.exercises.scripts import run_script
from course.exercises.sight import Call, Ran
from course.exercises.verdict import State, to_json
from sandbox.observe.snapshot import Cgroup
from tests.course.exercises.labs import PROC, Lab, mount, process

loaded = cache(load)
CONTENT = Path(__file__).resolve().parents[3] / "content"


class Sitting:
    """One learner at one exercise, with a lab made by hand."""

    def __init__(self, exercise_id: str, *, predicted: bool = True) -> None:
        self.written = loaded(CONTENT)[exercise_id]
        self.values = self.written.values(seed="test", cgroup_version=1)
        self.exercise = self.written.with_values(self.values)
        self.standings = Standings()
        if predicted:
            self.standings.committed = {card.id for card in self.exercise.predict}
        self.lab = Lab()

    async def look(self, times: int = 1):
        witness = Witness(self.lab, self.written.directory)
        for _ in range(times):
            evidence = await witness.sample(
                self.exercise, self.standings, typed={}, values=self.values
            )
            self.verdict = judge(self.exercise, evidence, self.standings)
        return self.verdict

    def shown(self, step: str) -> str | None:
        diagnosis = self.verdict.step(step).diagnosis
        return diagnosis.id if diagnosis else None


@pytest.fixture
def hostname():
    return Sitting("u02-1")


def own_name(sitting: Sitting, name: str) -> None:
    sitting.lab.processes.append(process(1010, spaces={"uts": 204}))
    sitting.lab.hostnames[204] = name


async def test_nothing_passes_and_nothing_is_diagnosed_in_an_untouched_lab(hostname):
    verdict = await hostname.look(5)
    assert not verdict.passed
    assert hostname.shown("own") is None


async def test_a_name_of_ones_own_passes_after_it_was_held(hostname):
    own_name(hostname, f"box-{hostname.values['n']}")
    assert not (await hostname.look(2)).passed
    assert (await hostname.look(1)).passed


async def test_a_state_that_is_right_for_a_moment_does_not_pass(hostname):
    for _ in range(3):
        own_name(hostname, f"box-{hostname.values['n']}")
        await hostname.look()
        hostname.lab.processes.pop()
        await hostname.look()
    assert not hostname.verdict.passed
    assert hostname.shown("own") == "not-kept"


async def test_one_after_another_is_not_one_for_long(hostname):
    for pid in range(1010, 1020):
        one = process(pid, spaces={"uts": pid})
        hostname.lab.hostnames[pid] = f"box-{hostname.values['n']}"
        hostname.lab.processes[2:] = [one]
        assert not (await hostname.look()).passed


async def test_changing_everybodys_name_is_diagnosed_with_what_was_found(hostname):
    hostname.lab.hostnames[104] = "box"
    verdict = await hostname.look()
    assert hostname.shown("own") == "shared-changed"
    named, untouched = verdict.step("own").checks
    assert named.state is untouched.state is State.FAILING
    assert untouched.found is not None
    assert "box" in untouched.found.en
    told = to_json(verdict, "en")
    assert "box" in str(told["steps"])


async def test_hints_name_the_present_value_of_what_they_are_about(hostname):
    own_name(hostname, "wrong")
    await hostname.look(6)
    (hint,) = hostname.verdict.step("own").diagnosis.hints
    assert "wrong" in hint.en
    assert "wrong" in hint.zh


async def test_a_passed_step_stays_passed_when_the_state_goes(hostname):
    own_name(hostname, f"box-{hostname.values['n']}")
    await hostname.look(3)
    hostname.lab.processes.pop()
    assert (await hostname.look()).passed


async def test_a_step_waits_for_its_prediction():
    sitting = Sitting("u02-2", predicted=False)
    verdict = await sitting.look()
    assert verdict.step("born").locked
    assert all(check.state is State.PENDING for check in verdict.step("born").checks)


def a_pid_namespace(sitting: Sitting, *, proc_mount: bool) -> None:
    child = process(1010, nspid=(1010, 11, 1), spaces={"pid": 202, "mnt": 201})
    sitting.lab.processes += [process(1009, "unshare"), child]
    sitting.lab.mounts[201] = (mount("/"), mount("/proc", "proc") if proc_mount else PROC)
    for number in (1, 2, 10, 11) if not proc_mount else (1,):
        sitting.lab.seen(1010, f"/proc/{number}", "dir")
    for number in (1, 2, 10, 11):
        sitting.lab.seen(1000, f"/proc/{number}", "dir")


async def test_number_one_with_its_own_proc_passes():
    sitting = Sitting("u02-2")
    a_pid_namespace(sitting, proc_mount=True)
    assert (await sitting.look(3)).step("born").passed


async def test_number_one_with_the_outer_proc_is_diagnosed():
    sitting = Sitting("u02-2")
    a_pid_namespace(sitting, proc_mount=False)
    assert not (await sitting.look(3)).step("born").passed
    assert sitting.shown("born") == "old-proc"


async def test_unshare_without_fork_is_diagnosed():
    sitting = Sitting("u02-2")
    sitting.lab.processes.append(process(1009, spaces={"pid_for_children": 202}))
    sitting.lab.seen(1000, "/proc/1", "dir")
    await sitting.look(2)
    assert sitting.shown("born") == "no-fork"


async def test_the_death_of_number_one_is_seen_with_its_child():
    sitting = Sitting("u02-2")
    a_pid_namespace(sitting, proc_mount=True)
    sitting.lab.processes.append(
        process(1011, "sleep", nspid=(1011, 12, 2), spaces={"pid": 202, "mnt": 201})
    )
    await sitting.look()
    sitting.lab.processes = sitting.lab.processes[:3]
    assert (await sitting.look()).step("kill").passed


async def test_a_secret_written_before_the_mount_is_diagnosed():
    sitting = Sitting("u02-3")
    sitting.lab.seen(1000, "/mnt/secret/token")
    await sitting.look(3)
    assert sitting.shown("private") == "plain-file"


async def test_a_private_mount_with_the_token_passes():
    sitting = Sitting("u02-3")
    sitting.lab.processes.append(process(1010, spaces={"mnt": 201}))
    sitting.lab.mounts[201] = (mount("/"), mount("/mnt/secret"))
    token = b64encode(sitting.values["tok"].encode()).decode()
    sitting.lab.seen(1010, "/mnt/secret/token", data=token)
    assert (await sitting.look(3)).step("private").passed


async def test_a_host_without_the_controller_cannot_judge_and_says_so():
    sitting = Sitting("u04-1")
    sitting.lab.features = ("cgroup.pids",)
    verdict = await sitting.look()
    assert {check.state for check in verdict.step("wall").checks} == {State.UNAVAILABLE}


def wall(limit: int, kills: int, pids: tuple[int, ...] = ()) -> Cgroup:
    return Cgroup("/wall", pids, limit << 20, 0, kills, None, 0, 0, None, 0, 0, None)


async def test_the_memory_wall_is_hit_and_what_fits_lives():
    sitting = Sitting("u04-1")
    limit = int(sitting.values["limit"])
    sitting.lab.cgroups.append(wall(limit, 1, (1010,)))
    sitting.lab.processes.append(process(1010, "labtool", rss=20 << 20))
    assert (await sitting.look(4)).passed


async def test_a_large_process_outside_the_group_is_diagnosed():
    sitting = Sitting("u04-1")
    sitting.lab.cgroups.append(wall(int(sitting.values["limit"]), 0))
    sitting.lab.processes.append(process(1010, "labtool", rss=200 << 20))
    await sitting.look(2)
    assert sitting.shown("wall") == "outside"


async def test_a_script_that_crashes_is_our_fault(tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "x.py").write_text("raise SystemExit(3)")
    assert await run_script(tmp_path, Call("checks/x.py", 5, "{}")) == Ran(
        fault="ended with status 3"
    )


async def test_a_script_answers_in_json_and_cannot_write_files(tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "x.py").write_text(
        "import json, sys\n"
        "asked = json.load(sys.stdin)\n"
        f"try: open({str(tmp_path / 'made')!r}, 'wb', buffering=0).write(b'x')\n"
        "except OSError as refused: print(json.dumps({'ok': asked['a'] == 1,"
        " 'evidence': type(refused).__name__}))\n"
    )
    ran = await run_script(tmp_path, Call("checks/x.py", 5, '{"a": 1}'))
    assert (ran.ok, ran.evidence) == (True, "OSError")
