"""One sample → one verdict: pure, so that a recorded snapshot judges like a live one.

`questions` says what must be asked before the sample can be judged; the caller asks, then retries.
`judge` then takes the sample into the journal. Both see the same evidence and the same journal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from course.exercises.definition import Check, Exercise, Monitor, Rule, Step, Timed
from course.exercises.hints import Hints
from course.exercises.journal import Entry, Journal, Standing
from course.exercises.monitors import counted, due
from course.exercises.search import Outcome, Truth, examine
from course.exercises.sight import Count, Evidence, Question
from course.exercises.telling import tell_bound
from course.exercises.text import Text
from course.exercises.verdict import CheckVerdict, Diagnosed, State, StepVerdict, Verdict
from sandbox.observe.snapshot import Cgroup

SAMPLE_SECONDS = 1.0
QUICK_SECONDS = 0.25
DONE_SECONDS = 3.0  # All passed: only what no longer holds is still news.
UNDECIDED = Text(zh="检查器没有得到回答", en="the checker got no answer")
PREDICT_FIRST = Text(zh="请先在上面提交你的预测", en="commit your prediction above first")
ONCE_PASSED = Text(
    zh="这一步已经通过；现在的状态不再满足", en="passed before; the present state no longer fits"
)


@dataclass(slots=True)
class Standings:
    """Everything that is remembered of one attempt between samples."""

    journal: Journal = field(default_factory=Journal)
    hints: Hints = field(default_factory=Hints)
    passed: set[str] = field(default_factory=set)  # steps
    committed: set[str] = field(default_factory=set)  # prediction cards
    screen: str = ""  # what the terminal in front shows, as the page says
    counted: dict[str, Count] = field(default_factory=dict)  # by monitor
    baseline: dict[str, tuple[str, ...]] = field(default_factory=dict)  # trees as they were


def pace(exercise: Exercise, standings: Standings) -> float:
    """Seconds between samples: few while a step is open in which a passing moment counts."""
    undone = [step for step in exercise.steps if step.id not in standings.passed]
    if not undone:
        return DONE_SECONDS
    at_work = [step for step in undone if not _locked(step, exercise, standings)]
    fleeting = any(check.fleeting for step in at_work for check in step.checks) or any(
        monitor.seconds < SAMPLE_SECONDS for monitor in exercise.watch
    )
    return QUICK_SECONDS if fleeting else SAMPLE_SECONDS


def reads_screen(exercise: Exercise) -> bool:
    """Whether some diagnosis is about an error that the terminal shows."""
    return any(rule.screen is not None for step in exercise.steps for rule in step.diagnose)


def questions(exercise: Exercise, evidence: Evidence, standings: Standings) -> set[Question]:
    """What has to be asked before this sample can be judged; empty when nothing is left to ask."""
    asked: set[Question] = set()
    for key, timed in _timed(exercise):
        asked |= _examine(key, timed, evidence, standings).questions
    for monitor in _due(exercise, evidence, standings):
        asked |= examine(monitor, evidence, {}).questions
    return asked


def judge(exercise: Exercise, evidence: Evidence, standings: Standings) -> Verdict:
    """Take the sample into the journal and say where the learner stands."""
    now = evidence.snapshot.taken
    # Counted for the next sample: this one was asked about with the numbers that it came with.
    for monitor in _due(exercise, evidence, standings):
        outcome = examine(monitor, evidence, {})
        standings.counted[monitor.id] = counted(standings.counted.get(monitor.id), outcome, now)
    steps = tuple(_step(step, exercise, evidence, standings) for step in exercise.steps)
    return Verdict(steps)


def _due(exercise: Exercise, evidence: Evidence, standings: Standings) -> list[Monitor]:
    now = evidence.snapshot.taken
    return [
        monitor
        for monitor in exercise.watch
        if (monitor.after is None or monitor.after in standings.passed)
        and due(monitor, standings.counted.get(monitor.id), now)
    ]


def _timed(exercise: Exercise) -> Iterator[tuple[str, Timed]]:
    for step in exercise.steps:
        for check in step.checks:
            yield f"check {check.id}", check
        for rule in step.diagnose:
            if not rule.from_script:
                yield f"rule {rule.id}", rule


def _examine(key: str, timed: Timed, evidence: Evidence, standings: Standings) -> Outcome:
    entry = standings.journal.entry(key)
    carried = entry.bindings if timed.sequence else {}
    return examine(entry.awaited(timed), evidence, carried)


def _step(step: Step, exercise: Exercise, evidence: Evidence, standings: Standings) -> StepVerdict:
    if step.id not in standings.passed and _locked(step, exercise, standings):
        waiting = tuple(
            CheckVerdict(check.id, State.PENDING, check.say, why=PREDICT_FIRST)
            for check in step.checks
        )
        return StepVerdict(step.id, step.title, passed=False, checks=waiting, locked=True)
    checks = tuple(_check(check, evidence, standings) for check in step.checks)
    if all(check.state is State.PASSED for check in checks):
        standings.passed.add(step.id)
    passed = step.id in standings.passed
    diagnosis = _diagnose(step, evidence, standings)
    return StepVerdict(
        step.id,
        step.title,
        passed=passed,
        checks=tuple(_kept(check) for check in checks) if passed else checks,
        diagnosis=None if passed else diagnosis,
    )


def _locked(step: Step, exercise: Exercise, standings: Standings) -> bool:
    """Whether a prediction has to be committed first."""
    first = {card.id for card in exercise.predict if card.before == step.id}
    return not first <= standings.committed


def _kept(check: CheckVerdict) -> CheckVerdict:
    if check.state is State.PASSED:
        return check
    gone = ONCE_PASSED if check.state is State.FAILING else None
    return CheckVerdict(check.id, State.PASSED, check.say, why=gone)


def _check(check: Check, evidence: Evidence, standings: Standings) -> CheckVerdict:
    key = f"check {check.id}"
    outcome = _examine(key, check, evidence, standings)
    entry = standings.journal.entry(key)
    standing = entry.note(check, outcome, evidence.snapshot.taken)
    match standing:
        case Standing.HOLDS:
            return CheckVerdict(check.id, State.PASSED, check.say)
        case Standing.WAITING:
            return CheckVerdict(check.id, State.PENDING, check.say, why=_wait(check))
        case Standing.UNAVAILABLE:
            return CheckVerdict(check.id, State.UNAVAILABLE, check.say, why=_first(outcome))
        case Standing.FAULT:
            return CheckVerdict(check.id, State.FAULT, check.say, why=_first(outcome))
        case Standing.FAILS | Standing.VIOLATED:
            violated = standing is Standing.VIOLATED
            miss = None if violated else outcome.miss
            reason = _first(outcome) if outcome.reasons else None
            return CheckVerdict(
                check.id,
                State.FAILING,
                check.say,
                expected=miss.expected if miss else None,
                found=miss.found if miss else None,
                why=_violation(entry, evidence) if violated else reason,
            )


def _violation(entry: Entry, evidence: Evidence) -> Text:
    """When it happened, and who was found at it."""
    seconds = f"{entry.happened_after:.0f}"
    named = [
        f"{name} = {bound.path if isinstance(bound, Cgroup) else evidence.name(bound)}"
        for name, bound in entry.bindings.items()
    ]
    who = f": {', '.join(named)}" if named else ""
    return Text(
        zh=f"开始观察后第 {seconds} 秒发生过{who}；重置后可以重来",
        en=f"it happened {seconds} s after the watch began{who}; reset the lab to begin anew",
    )


def _wait(check: Check) -> Text:
    if check.mode == "sequence":
        return Text(zh="第一部分已经看到", en="the first part has been seen")
    seconds = f"{check.seconds:g}"
    return Text(zh=f"需要保持 {seconds} 秒", en=f"must stay so for {seconds} s")


def _first(outcome: Outcome) -> Text:
    return outcome.reasons[0] if outcome.reasons else UNDECIDED


def _diagnose(step: Step, evidence: Evidence, standings: Standings) -> Diagnosed | None:
    """The first rule that fits. Every rule is noted, or those behind the first would forget."""
    fitting: tuple[Rule, Outcome] | None = None
    named = [
        name
        for check in step.checks
        for name in _examine(f"check {check.id}", check, evidence, standings).named
    ]
    for rule in step.diagnose:
        key = f"rule {rule.id}"
        if rule.from_script:
            if rule.id in named and fitting is None:
                fitting = (rule, Outcome(Truth.YES, {}))
            continue
        outcome = _examine(key, rule, evidence, standings)
        standing = standings.journal.entry(key).note(rule, outcome, evidence.snapshot.taken)
        shown = rule.screen is None or re.search(rule.screen, standings.screen) is not None
        if standing is Standing.HOLDS and shown and fitting is None:
            fitting = (rule, outcome)
    if fitting is None:
        standings.hints.nothing_shown(step.id)
        return None
    rule, outcome = fitting
    now = evidence.snapshot.taken
    levels = standings.hints.show(step.id, rule.id, total=len(rule.hint), now=now)
    bindings = outcome.bindings if outcome.truth is Truth.YES else {}
    hints = tuple(tell_bound(hint, bindings, evidence) for hint in rule.hint[:levels])
    wait = standings.hints.wait(rule.id, total=len(rule.hint), now=now)
    return Diagnosed(rule.id, hints, total=len(rule.hint), wait=wait)
