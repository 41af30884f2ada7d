"""The plans that lessons show are those that the engine computes."""

from __future__ import annotations

from deploy import plans


def test_the_printed_plans_are_the_engines():
    on_disk = {path.stem: path.read_text(encoding="utf-8") for path in plans.PLANS.glob("*.txt")}
    assert on_disk == plans.texts(), "run python -m deploy.plans"


def test_a_plan_pivots_before_it_mounts_proc():
    text = plans.texts()["lab-plain"]
    assert text.index("PivotRoot(") < text.index("'proc'")
