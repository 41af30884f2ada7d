"""What needs more than one sample: monitors, rates, violations, and trees against their start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from course.exercises.asking import Witness
from course.exercises.definition import Exercise
from course.exercises.judge import Standings, judge
from course.exercises.verdict import State
from sandbox.observe.reach import Reached
from sandbox.observe.snapshot import Cgroup
from tests.course.exercises.labs import Lab, process

PAGE = Reached("answered", "", 200, "v1\n", "", 3)
SITE = {"id": "site", "http": {"url": "http://127.0.0.1:80/", "status": 200}}
GROUP = Cgroup("/hog", (), None, 0, 0, None, 0, 0, None, 0, 0, None)


def exercise(*conditions, **keys) -> Exercise:
    text = {"zh": "字", "en": "words"}
    checks = [
        {"id": f"c{number}", "say": text, **condition}
        for number, condition in enumerate(conditions)
    ]
    return Exercise.model_validate(
        {"id": "u01-1", "kind": "worked", "minutes": 1, "title": text, "goal": text,
         "profile": "plain", "steps": [{"id": "one", "title": text, "checks": checks}], **keys}
    )  # fmt: skip


class Sitting:
    """One exercise at one lab made by hand."""

    def __init__(self, *conditions, **keys) -> None:
        self.exercise = exercise(*conditions, **keys)
        self.lab = Lab()
        self.standings = Standings()
        self.witness = Witness(self.lab, Path())

    async def look(self, times: int = 1):
        return [await self._sample() for _ in range(times)][-1]

    async def _sample(self):
        self.witness.heard.clear()  # Here a second is over at once.
        evidence = await self.witness.sample(self.exercise, self.standings, typed={}, values={})
        (step,) = judge(self.exercise, evidence, self.standings).steps
        return step.checks[0]


async def test_a_monitor_counts_what_it_was_answered():
    sitting = Sitting({"monitor": {"id": "site", "streak": {"gte": 3}}}, watch=[SITE])
    assert (await sitting.look(5)).state is State.FAILING
    assert sitting.standings.counted["site"].bad == 5
    sitting.lab.servers[103, "127.0.0.1", 80] = PAGE
    assert (await sitting.look(3)).state is State.FAILING
    assert (await sitting.look(1)).state is State.PASSED


async def test_one_lost_answer_is_told_with_its_time():
    sitting = Sitting({"monitor": {"id": "site", "bad": 0, "good": {"gte": 99}}}, watch=[SITE])
    sitting.lab.servers[103, "127.0.0.1", 80] = PAGE
    await sitting.look(4)
    del sitting.lab.servers[103, "127.0.0.1", 80]
    await sitting.look(1)
    sitting.lab.servers[103, "127.0.0.1", 80] = PAGE
    told = await sitting.look(3)
    assert told.found is not None
    assert told.found.en.startswith("1 times, first after 4 s: connection refused")


async def test_a_fault_of_ours_is_no_bad_answer():
    sitting = Sitting({"monitor": {"id": "site", "bad": 0, "good": 0}}, watch=[SITE])
    sitting.lab.servers[103, "127.0.0.1", 80] = Reached("fault", "no courier", 0, "", "", 0)
    assert (await sitting.look(4)).state is State.PASSED


async def test_a_monitor_with_a_longer_interval_asks_less_often():
    sitting = Sitting(
        {"monitor": {"id": "site", "good": 9}}, watch=[{**SITE, "every": "3s"}]
    )  # fmt: skip
    await sitting.look(7)  # One second apart: at the first, the fourth and the seventh.
    assert len(sitting.lab.reached) == 3


async def test_a_monitor_may_begin_after_a_step():
    sitting = Sitting(
        {"monitor": {"id": "site", "good": 9}}, watch=[{**SITE, "after": "one"}]
    )  # fmt: skip
    await sitting.look(3)
    assert sitting.lab.reached == []


async def test_a_violation_tells_when_and_by_whom():
    sitting = Sitting(
        {"mode": "never", "proc": {"as": "bad", "where": {"comm": "miner"}}},
        {"proc": {"where": {"comm": "nobody"}}},
    )
    assert (await sitting.look(3)).state is State.PASSED
    sitting.lab.processes.append(process(1010, "miner"))
    await sitting.look(1)
    del sitting.lab.processes[-1]
    told = await sitting.look(2)
    assert told.state is State.FAILING
    assert told.why is not None
    assert "3 s after the watch began: bad = miner[11]" in told.why.en


async def test_a_rate_is_measured_between_two_looks():
    sitting = Sitting({"cg": {"of": "/hog", "where": {"cpu.usage_pct": {"near": [30, 5]}}}})
    used = 0
    states = []
    for _ in range(3):
        used += 300_000_000
        sitting.lab.cgroups = [Cgroup(**{**_fields(GROUP), "cpu_usage": used})]
        states.append((await sitting.look()).state)
    assert states == [State.UNAVAILABLE, State.PASSED, State.PASSED]


async def test_a_group_made_anew_has_no_rate_yet():
    sitting = Sitting({"not": {"cg": {"of": "/hog", "where": {"cpu.usage_pct": {"gte": 1}}}}})
    sitting.lab.cgroups = [Cgroup(**{**_fields(GROUP), "cpu_usage": 10**9})]
    await sitting.look(2)
    sitting.lab.cgroups = [GROUP]
    assert (await sitting.look()).state is not State.FAILING


def _fields(group: Cgroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in Cgroup.__dataclass_fields__}


HOSTS = "file 0644 0:0 aa hosts"


async def test_a_tree_is_compared_with_how_it_was_at_the_start():
    sitting = Sitting(
        {"tree": {"path": "/etc", "equals": "baseline", "ignore": ["cache", "*.log"]}}
    )
    sitting.lab.now = 12.0  # init is two seconds old
    sitting.lab.seen(1000, "/etc", "dir", names=(HOSTS,))
    assert (await sitting.look()).state is State.PASSED
    for fine in ("file 0644 0:0 bb cache/a", "file 0600 0:0 cc my.log"):
        sitting.lab.seen(1000, "/etc", "dir", names=(HOSTS, fine))
        assert (await sitting.look()).state is State.PASSED
    sitting.standings.passed.clear()
    for names, found in (
        ((HOSTS, "file 0644 0:0 bb new file"), "it should not be there"),
        ((), "it is missing"),
        (("file 0644 0:0 ab hosts",), "its content or its attributes differ"),
    ):
        sitting.lab.seen(1000, "/etc", "dir", names=names)
        told = await sitting.look()
        assert told.found is not None
        assert told.found.en == found


async def test_a_start_that_nobody_saw_proves_nothing():
    tree = {"tree": {"path": "/etc", "equals": "baseline"}}
    for condition in (tree, {"not": tree}):
        sitting = Sitting(condition)
        sitting.lab.now = 500.0
        sitting.lab.seen(1000, "/etc", "dir", names=(HOSTS,))
        assert (await sitting.look()).state is State.UNAVAILABLE


@pytest.mark.parametrize(
    ("names", "state"),
    [
        (("dir 0755 0:0 - bin", f"file 0644 0:0 {'9' * 64} bin/hi"), State.PASSED),
        ((f"file 0644 0:0 {'9' * 64} bin",), State.FAILING),
        (("dir 0755 0:0 - bin", f"file 0644 0:0 {'8' * 64} bin/hi"), State.FAILING),
        (("dir 0755 0:0 - bin", f"symlink 0777 0:0 {'9' * 64} bin/hi"), State.FAILING),
        (
            ("dir 0755 0:0 - bin", "dir 0755 0:0 - x", f"file 0644 0:0 {'9' * 64} bin/hi"),
            State.FAILING,
        ),
    ],
)
async def test_a_tree_is_compared_with_a_literal_truth(names, state):
    sitting = Sitting({"tree": {"path": "/srv", "equals": {"bin/hi": {"sha256": "9" * 64}}}})
    sitting.lab.seen(1000, "/srv", "dir", names=names)
    assert (await sitting.look()).state is state


async def test_a_tree_that_cannot_be_read_is_neither_equal_nor_different():
    tree = {"tree": {"path": "/srv", "equals": {"a": "b"}}}
    for condition in (tree, {"not": tree}):
        sitting = Sitting(condition)
        sitting.lab.seen(1000, "/srv", "dir", error="takes too long")
        assert (await sitting.look()).state is State.UNAVAILABLE


async def test_an_attribute_of_a_file():
    sitting = Sitting(
        {"file": {"path": "/d", "xattr": {"user.overlay.opaque": "y", "user.z": False}}}
    )
    sitting.lab.seen(1000, "/d", "dir")
    assert (await sitting.look()).state is State.FAILING
    sitting.lab.seen(1000, "/d", "dir", names=("user.overlay.opaque", "y"))
    assert (await sitting.look()).state is State.PASSED


@pytest.mark.parametrize(
    ("condition", "keys", "said"),
    [
        ({"monitor": {"id": "site", "bad": 0}}, {}, "watch has no such monitor"),
        ({"monitor": {"id": "site"}}, {"watch": [SITE]}, "one of good, bad, streak"),
        ({"proc": {}}, {"watch": [{"id": "x"}]}, "what is to be watched"),
        ({"proc": {}}, {"watch": [{**SITE, "every": "0.1s"}]}, "at least 0.25s"),
        ({"proc": {}}, {"watch": [{**SITE, "after": "two"}]}, "no step is called two"),
        ({"tree": {"path": "/x", "ignore": ["y"]}}, {}, "equals is missing"),
        ({"tree": {"in": "p", "path": "/x", "equals": "baseline"}}, {}, "only init"),
        ({"tree": {"path": "/x", "equals": {"a": {}}}}, {}, "one of text, sha256"),
    ],
)
def test_what_makes_no_sense_is_refused(condition, keys, said):
    with pytest.raises(ValidationError, match=said):
        exercise(condition, **keys)


async def test_when_is_tried_first_and_binds_for_the_rest():
    sitting = Sitting(
        {"when": {"proc": {"as": "p", "where": {"comm": "web"}}},
         "uts": {"of": "p", "hostname": "lab"}}
    )  # fmt: skip
    assert (await sitting.look()).state is State.FAILING
    sitting.lab.processes.append(process(1010, "web"))
    assert (await sitting.look()).state is State.PASSED
