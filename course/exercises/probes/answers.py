"""The probe `answer`: what the learner typed, compared with a value computed from this sample."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.comparison import Comparison, Expectation, describe, number, satisfies
from course.exercises.conditions import Answer
from course.exercises.sight import Bindings, Sight
from course.exercises.telling import fill_bound
from course.exercises.text import Text, same


def solve(probe: Answer, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Equality with the expectation, within the tolerance where both are numbers."""
    typed = sight.evidence.typed.get(probe.id, "").strip()
    if not typed:
        sight.miss(
            Text(zh="一个答案", en="an answer"), Text(zh="还没有回答", en="not answered yet")
        )
        return
    expected = probe.equals
    if isinstance(expected, str):
        expected = fill_bound(expected, bindings, sight.evidence)
    if satisfies(_widened(expected, probe.tolerance), typed):
        yield bindings
        return
    # The expectation stays unsaid: it is what the learner was asked to find.
    wanted = describe(expected) if isinstance(expected, Comparison) else "?"
    sight.miss(same(wanted), same(typed[:60]), closeness=0.5)


def _widened(expected: Expectation, tolerance: float) -> Expectation:
    middle = None if isinstance(expected, Comparison) else number(expected)
    if tolerance and middle is not None:
        return Comparison(near=(middle, tolerance))
    return expected
