"""The self-test agrees with the machine that these very tests run on."""

from __future__ import annotations

import pytest

from deploy import selftest
from deploy.kernel_probe import Differs
from deploy.selftest import Fact, Probe, report

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]


def test_every_fact_that_the_other_tests_rely_on_holds_here(tmp_path):
    facts = selftest.run(tmp_path)
    assert [fact for fact in facts if not fact.ok] == []
    assert len({fact.name for fact in facts}) == len(facts)


@pytest.mark.parametrize("error", [Differs("seen otherwise"), PermissionError(1, "seen otherwise")])
def test_a_fact_that_does_not_hold_comes_with_what_was_seen_and_a_remedy(error, monkeypatch):
    def wrong():
        raise error

    monkeypatch.setattr(selftest, "PROBES", (Probe("a thing", wrong, "switch it on"),))
    fact = selftest.run()[0]
    assert (fact.ok, fact.remedy) == (False, "switch it on")
    assert "seen otherwise" in fact.detail


def test_the_report_names_the_remedy_below_the_fact():
    text = report(
        [
            Fact("one", ok=True, detail="fine", remedy=""),
            Fact("two", ok=False, detail="not", remedy="do"),
        ]
    )
    assert text == "ok    one: fine\nFAIL  two: not\n      enable it: do\n"
