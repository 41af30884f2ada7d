"""The plans that lessons show are those that the engine computes."""

from __future__ import annotations

from deploy import plans


def test_the_printed_plans_are_the_engines():
    on_disk = {path.stem: path.read_text(encoding="utf-8") for path in plans.PLANS.glob("*.txt")}
    assert on_disk == plans.texts(), "run python -m deploy.plans"


def test_a_plan_makes_proc_ahead_of_time_and_carries_it_over_the_pivot():
    text = plans.texts()["lab-plain"]
    places = [text.index(word) for word in ("fstype='proc'", "PivotRoot(", "Attach(name='proc'")]
    assert places == sorted(places)
