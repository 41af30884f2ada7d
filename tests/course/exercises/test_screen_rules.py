"""Diagnoses about an error that the terminal shows: a source of hints, and never a proof."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from course.exercises.asking import Witness
from course.exercises.definition import Exercise
from course.exercises.judge import Standings, judge, reads_screen
from course.exercises.messages import BadMessage, Shown, parse
from course.exercises.verdict import StepVerdict
from tests.course.exercises.labs import Lab

TEXT = {"zh": "字", "en": "words"}
ERROR = "bash: fork: Cannot allocate memory"


def exercise(rule: dict[str, object], **check: object) -> Exercise:
    asked = {"id": "c", "say": TEXT, "proc": {"where": {"comm": "web"}}, **check}
    rules = [{"id": "r", "hint": [TEXT], **rule}]
    step = {"id": "s", "title": TEXT, "checks": [asked], "diagnose": rules}
    return Exercise.model_validate(
        {"id": "u01-1", "kind": "worked", "minutes": 1, "title": TEXT, "goal": TEXT,
         "profile": "plain", "steps": [step]}
    )  # fmt: skip


async def judged(asked: Exercise, screen: str) -> StepVerdict:
    standings = Standings(screen=screen)
    evidence = await Witness(Lab(), Path()).sample(asked, standings, typed={}, values={})
    (step,) = judge(asked, evidence, standings).steps
    return step


@pytest.mark.parametrize(
    ("rule", "screen", "shown"),
    [
        ({"screen": "Cannot allocate"}, ERROR, True),
        ({"screen": "Cannot allocate"}, "# ", False),
        ({"screen": "Cannot allocate", "proc": {"where": {"comm": "bash"}}}, ERROR, True),
        ({"screen": "Cannot allocate", "proc": {"where": {"comm": "nobody"}}}, ERROR, False),
    ],
)
async def test_a_rule_fits_when_screen_and_state_do(rule, screen, shown):
    asked = exercise(rule)
    assert reads_screen(asked)
    step = await judged(asked, screen)
    assert (step.diagnosis is not None) is shown
    assert not step.passed


def test_no_check_can_ask_for_the_screen():
    with pytest.raises(ValidationError, match="screen"):
        exercise({"screen": "x"}, screen="Cannot allocate")


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="not a regular expression"):
        exercise({"screen": "("})


def test_a_page_may_tell_a_screen_and_no_more():
    assert parse('{"type": "shown", "text": "a\\nb"}') == Shown(type="shown", text="a\nb")
    with pytest.raises(BadMessage):
        parse('{"type": "shown", "text": "' + "x" * 2001 + '"}')
