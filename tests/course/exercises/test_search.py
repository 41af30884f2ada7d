"""Conditions over one sample: bindings, negation, open questions, and what was missing."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from course.exercises.conditions import Condition
from course.exercises.search import Outcome, Truth, examine
from course.exercises.sight import Evidence
from sandbox.observe.snapshot import IdRange, Look
from tests.course.exercises.labs import BASE, NOTHING, Lab, mount, process

OTHER_UTS = {"uts": 204}


def judged(lab: Lab, condition: dict[str, Any], answers: dict[Any, Any] | None = None) -> Outcome:
    evidence = Evidence(lab.taken(), answers=answers or {}, typed={"a": "7"})
    return examine(Condition.model_validate(condition), evidence, {})


@pytest.fixture
def lab():
    return Lab()


def test_all_predicates_must_hold_for_the_same_process(lab):
    lab.processes += [process(1010, "bash", spaces=OTHER_UTS), process(1011, "sleep")]
    both = {"proc": {"where": {"ns.uts": "!init", "comm": "sleep"}}}
    assert judged(lab, both).truth is Truth.NO
    lab.processes.append(process(1012, "sleep", spaces=OTHER_UTS))
    assert judged(lab, both).truth is Truth.YES


def test_the_search_goes_back_to_another_binding_when_a_later_clause_fails(lab):
    lab.processes += [
        process(1010, spaces={"uts": 204}),
        process(1011, spaces={"uts": 205}),
    ]
    lab.hostnames |= {204: "wrong", 205: "box-42"}
    found = judged(
        lab,
        {
            "all": [
                {"proc": {"as": "p", "where": {"ns.uts": "!init"}}},
                {"uts": {"of": "p", "hostname": "box-42"}},
            ]
        },
    )
    assert found.truth is Truth.YES
    assert found.bindings["p"].pid == 1011  # type: ignore[union-attr]


def test_a_failure_names_what_was_wanted_and_what_there_was(lab):
    lab.processes.append(process(1010, spaces=OTHER_UTS))
    lab.hostnames[204] = "wrong"
    missed = judged(
        lab,
        {
            "all": [
                {"proc": {"as": "p", "where": {"ns.uts": "!init"}}},
                {"uts": {"of": "p", "hostname": "box-42"}},
            ]
        },
    ).miss
    assert missed is not None
    assert missed.expected.en == "hostname = box-42"
    assert missed.found.en == "wrong (bash[11])"


def test_a_uid_map_reads_as_it_does_in_the_lab(lab):
    alice = process(1010, uids=(BASE + 1000,) * 4, uid_map=(IdRange(0, BASE + 1000, 1),))
    lab.processes.append(alice)
    mapped = {"proc": {"where": {"uid_map": "0 1000 1"}}}
    assert judged(lab, mapped).truth is Truth.YES
    lab.processes[-1] = replace(alice, uid_map=(IdRange(0, BASE, 1),))
    assert judged(lab, mapped).truth is Truth.NO


def test_full_capabilities_are_those_of_the_labs_root(lab):
    lab.processes[0] = replace(lab.processes[0], capabilities=0b111)
    lab.processes.append(process(1010, "half", capabilities=0b001))
    full = {"proc": {"where": {"comm": "half", "caps": "full"}}}
    assert judged(lab, full).truth is Truth.NO
    lab.processes[-1] = process(1010, "half", capabilities=0b111)
    assert judged(lab, full).truth is Truth.YES


def test_not_sees_the_bindings_of_what_stands_before_it(lab):
    lab.processes.append(process(1010, "labtool"))
    outside = {
        "all": [{"proc": {"as": "p", "where": {"comm": "labtool"}}}],
        "not": {"proc": {"where": {"is": "p", "uid": 0}}},
    }
    assert judged(lab, outside).truth is Truth.NO


def test_a_negation_over_an_open_question_is_not_yet_true(lab):
    absent = {"not": {"file": {"path": "/srv/jail"}}}
    asked = judged(lab, absent)
    assert asked.truth is Truth.ASKED
    (question,) = asked.questions
    assert judged(lab, absent, {question: NOTHING}).truth is Truth.YES


def test_a_probe_of_a_later_version_is_unavailable_and_says_why(lab):
    found = judged(lab, {"ctr": {"name": "web"}})
    assert found.truth is Truth.UNAVAILABLE
    assert "ctr" in found.reasons[0].en


def test_a_host_without_the_controller_is_unavailable_not_failing(lab):
    lab.features = ("cgroup.pids",)
    group = {"cg": {"of": "/", "where": {"mem.oom_kills": {"gte": 1}}}}
    assert judged(lab, group).truth is Truth.UNAVAILABLE


def test_the_topmost_of_stacked_mounts_is_the_one_that_counts(lab):
    lab.mounts[101] += (mount("/mnt", "ext4"), mount("/mnt", "tmpfs"))
    assert judged(lab, {"mount": {"at": "/mnt", "fstype": "ext4"}}).truth is Truth.NO
    assert judged(lab, {"mount": {"at": "/mnt", "fstype": "tmpfs"}}).truth is Truth.YES


def test_a_shared_mount_is_not_unshared(lab):
    lab.mounts[101] += (mount("/a", shared=3), mount("/b", master=3), mount("/c"))
    for place, unshared in (("/a", False), ("/b", True), ("/c", True)):
        found = judged(lab, {"mount": {"at": place, "propagation": "unshared"}})
        assert (found.truth is Truth.YES) == unshared


def test_ids_are_those_of_the_lab_not_of_the_host(lab):
    assert judged(lab, {"proc": {"where": {"comm": "bash", "uid": 0}}}).truth is Truth.YES


def test_an_answer_may_be_compared_with_a_field_of_a_bound_process(lab):
    lab.processes.append(process(1006, "pay"))
    asked = {
        "all": [{"proc": {"as": "p", "where": {"comm": "pay"}}}],
        "answer": {"id": "a", "equals": "{{p.pid}}"},
    }
    nested = {"all": [*asked["all"], {"answer": asked["answer"]}]}
    assert judged(lab, nested).truth is Truth.YES


def test_a_directory_of_numbers_is_no_proc_file_system(lab):
    jail = process(1010, spaces={"pid": 202, "mnt": 201}, nspid=(1010, 11, 1))
    lab.processes.append(jail)
    lab.mounts[201] = (mount("/"), mount("/proc", "tmpfs"))
    shows = {
        "all": [
            {"proc": {"as": "p", "where": {"ns.pid": "!init"}}},
            {"procfs": {"of": "p", "shows": "own"}},
        ]
    }
    first = judged(lab, shows)
    answers = {
        question: _present()
        if isinstance(question, Look) and question.path == "/proc/1"
        else _absent()
        for question in first.questions
    }
    assert judged(lab, shows, answers).truth is Truth.NO
    lab.mounts[201] = (mount("/"), mount("/proc", "proc"))
    assert judged(lab, shows, answers).truth is Truth.YES


def test_the_content_of_a_file_is_asked_for_only_after_its_kind(lab):
    condition = {"file": {"path": "/t", "equals": "tok"}}
    (stat,) = judged(lab, condition).questions
    assert stat.want == "stat"  # type: ignore[union-attr]
    (content,) = judged(lab, condition, {stat: _present()}).questions
    data = b64encode(b"tok\n").decode()
    answers = {stat: _present(), content: _present(data=data)}
    assert judged(lab, condition, answers).truth is Truth.YES


def test_lines_are_those_that_say_something(lab):
    condition = {"file": {"path": "/t", "lines": {"lte": 2}}}
    (stat,) = judged(lab, condition).questions
    (content,) = judged(lab, condition, {stat: _present()}).questions
    for script, truth in (
        ("#!/bin/bash\n\n  # why\nset -e\nexec true\n", Truth.YES),
        ("set -e\nls  # a note\nexec true", Truth.NO),
    ):
        answers = {stat: _present(), content: _present(data=b64encode(script.encode()).decode())}
        assert judged(lab, condition, answers).truth is truth


def _present(**changes):
    return replace(NOTHING, exists=True, kind="file", mode=0o644, **changes)


def _absent():
    return NOTHING
