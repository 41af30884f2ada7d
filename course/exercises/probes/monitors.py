"""The probe `monitor`: what a monitor of the exercise's `watch` has counted up to this sample."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.comparison import Expectation, describe, satisfies
from course.exercises.conditions import Monitored
from course.exercises.sight import Bindings, Count, Sight
from course.exercises.text import Text, same

NOTHING = Count()


def solve(probe: Monitored, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """True while every written number is as asked."""
    count = sight.evidence.counted.get(probe.id, NOTHING)
    asked: tuple[tuple[str, Expectation | None, int], ...] = (
        ("bad", probe.bad, count.bad),
        ("good", probe.good, count.good),
        ("streak", probe.streak, count.streak),
    )
    for name, expected, value in asked:
        if expected is not None and not satisfies(expected, value):
            found = _first_bad(count) if name == "bad" else same(str(value))
            sight.miss(same(f"{probe.id}: {name} {describe(expected)}"), found)
            return
    yield bindings


def _first_bad(count: Count) -> Text:
    if count.first_bad is None:
        return same(str(count.bad))
    seconds, found = count.first_bad
    return Text(
        zh=f"{count.bad} 次，第一次在第 {seconds:.0f} 秒：{found.zh}",
        en=f"{count.bad} times, first after {seconds:.0f} s: {found.en}",
    )
