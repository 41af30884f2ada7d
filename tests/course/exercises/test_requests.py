"""The probes `http`, `tcp`, `udp`, `dns`: what is asked for them, how the answer is judged."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError

from course.exercises.asking import Witness
from course.exercises.conditions import Condition
from course.exercises.definition import Exercise
from course.exercises.judge import Standings, judge
from course.exercises.search import Truth, examine
from course.exercises.sight import Evidence
from sandbox.observe.reach import Reach, Reached
from tests.course.exercises.labs import Lab, process

PAGE = Reached("answered", "", 200, "v1\n", "", 3)
MOVED = Reached("answered", "", 302, "", "http://127.0.0.1:9/", 3)
HUNG = Reached("timeout", "no answer within 2 s", 0, "", "", 2000)
OURS = Reached("fault", "the courier gave no answer", 0, "", "", 0)


def judged(reached: Reached, condition, lab: Lab | None = None):
    """The condition after its one request was answered so."""
    lab = lab or Lab()
    parsed = Condition.model_validate(condition)
    first = examine(parsed, Evidence(lab.taken()), {})
    assert first.truth is Truth.ASKED
    (asked,) = first.questions
    assert isinstance(asked, Reach)
    return examine(parsed, Evidence(lab.taken(), answers={asked: reached}), {})


@pytest.mark.parametrize(
    ("reached", "condition"),
    [
        (PAGE, {"http": {"url": "http://127.0.0.1/", "status": 200}}),
        (PAGE, {"http": {"url": "http://127.0.0.1/", "body": "v1"}}),
        (PAGE, {"http": {"url": "http://127.0.0.1/", "body": {"re": "^v[0-9]"}}}),
        (MOVED, {"http": {"url": "http://127.0.0.1/", "status": 302, "location": {"re": ":9/$"}}}),
        (PAGE, {"tcp": {"port": 80}}),
        (PAGE, {"udp": {"port": 53, "send": "x", "reply": "v1"}}),
        (Reached("refused", "", 0, "", "", 1), {"tcp": {"port": 80, "refused": True}}),
        (Reached("answered", "", 0, "10.0.0.7\n10.0.0.8", "", 1),
            {"dns": {"name": "web", "answer": "10.0.0.8"}}),
        (Reached("answered", "", 3, "", "", 1), {"dns": {"name": "web", "code": 3}}),
        (HUNG, {"not": {"http": {"url": "http://127.0.0.1/"}}}),
    ],
)  # fmt: skip
def test_an_answer_that_is_as_asked_holds(reached, condition):
    assert judged(reached, condition).truth is Truth.YES


@pytest.mark.parametrize(
    ("reached", "condition", "found"),
    [
        (HUNG, {"http": {"url": "http://127.0.0.1/"}}, "no answer in time (no answer within 2 s)"),
        (PAGE, {"http": {"url": "http://127.0.0.1/", "status": 404}}, "200 v1"),
        (PAGE, {"http": {"url": "http://127.0.0.1/", "body": "v10"}}, "200 v1"),
        (MOVED, {"http": {"url": "http://127.0.0.1/", "status": 200}}, "302 http://127.0.0.1:9/"),
        (Reached("answered", "", 200, "1.10", "", 1),
            {"http": {"url": "http://127.0.0.1/", "body": "1.1"}}, "200 1.10"),
        (Reached("gone", "", 0, "", "", 0), {"tcp": {"port": 80}}, "that process is gone"),
        (PAGE, {"tcp": {"port": 80, "refused": True}}, "answered 200 v1"),
        (PAGE, {"not": {"http": {"url": "http://127.0.0.1/"}}}, "it is"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_fails_and_says_what_came(reached, condition, found):
    outcome = judged(reached, condition)
    assert outcome.truth is Truth.NO
    assert outcome.miss is not None
    assert outcome.miss.found.en == found


def test_a_failure_of_ours_is_no_failure_of_the_learners():
    assert judged(OURS, {"http": {"url": "http://127.0.0.1/"}}).truth is Truth.FAULT
    assert judged(OURS, {"not": {"http": {"url": "http://127.0.0.1/"}}}).truth is Truth.FAULT


def test_the_request_is_made_from_the_bound_process_s_network():
    lab = Lab()
    lab.processes.append(process(1010, "blue", spaces={"net": 203}))
    parsed = Condition.model_validate(
        {
            "all": [
                {"proc": {"as": "blue", "where": {"comm": "blue"}}},
                {"http": {"from": "blue", "url": "http://10.3.0.2:8080/a?b=1", "within": "1.5s"}},
            ]
        }
    )
    (asked,) = examine(parsed, Evidence(lab.taken()), {}).questions
    assert asked == Reach(203, "http", "10.3.0.2", 8080, "/a?b=1", 1500, host="10.3.0.2:8080")


@pytest.mark.parametrize(
    "http",
    [
        {"url": "http://web.lab/"},
        {"url": "https://127.0.0.1/"},
        {"url": "http://127.0.0.1/ x"},
        {"url": "http://127.0.0.1/", "within": "60s"},
        {"url": "http://127.0.0.1/", "within": "0s"},
        {"url": "http://127.0.0.1/", "state": 200},
    ],
)
def test_a_request_that_cannot_be_made_is_refused_when_it_is_written(http):
    with pytest.raises(ValidationError):
        Condition.model_validate({"http": http})


SITE = {
    "id": "u01-3",
    "kind": "problem",
    "minutes": 5,
    "title": {"zh": "站", "en": "site"},
    "goal": {"zh": "站", "en": "site"},
    "profile": "plain",
    "steps": [
        {
            "id": "open",
            "title": {"zh": "站", "en": "site"},
            "checks": [
                {
                    "id": "ok",
                    "say": {"zh": "好", "en": "ok"},
                    "http": {"url": "http://127.0.0.1/", "status": 200},
                }
            ],
        }
    ],
}


async def test_a_server_is_not_asked_again_within_a_second():
    lab, standings = Lab(), Standings()
    exercise = Exercise.model_validate(SITE)
    witness = Witness(lab, Path("/nowhere"))
    lab.servers[103, "127.0.0.1", 80] = PAGE
    for _ in range(3):
        evidence = await witness.sample(exercise, standings, typed={}, values={})
        assert judge(exercise, evidence, standings).passed
    assert len(lab.reached) == 1
    witness.heard = {question: (at - 2, told) for question, (at, told) in witness.heard.items()}
    await witness.sample(exercise, standings, typed={}, values={})
    assert len(lab.reached) == 2


async def test_the_time_a_learners_server_takes_is_told_apart():
    class Slow(Lab):
        async def reach(self, asked):
            await asyncio.sleep(0.05)
            return await super().reach(asked)

    witness = Witness(Slow(), Path("/nowhere"))
    await witness.sample(Exercise.model_validate(SITE), Standings(), typed={}, values={})
    assert witness.waited >= 0.05
