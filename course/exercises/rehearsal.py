"""Trials performed in real labs, through the same leases, samples and judge as a learner's.

A script is typed into interactive shells: what a shell that was started does not read stays for the
one below it, as at any terminal.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection

from course.exercises.asking import Witness
from course.exercises.attempts import Sheet
from course.exercises.environment import cgroup_version, unmet
from course.exercises.evaluator import LiveLab
from course.exercises.judge import Standings, judge, pace, reads_screen
from course.exercises.trials import Claim, Trial
from course.exercises.typed import Reply, Type, Until
from sandbox.session import labs, leases

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.contrib.auth.models import AbstractBaseUser

    from course.exercises.definition import Exercise
    from course.exercises.typed import Act
    from course.exercises.verdict import Verdict
    from sandbox.session.models import Lease

PASS_SECONDS = 30.0
STEP_SECONDS = 20.0
DIAGNOSIS_SECONDS = 20.0
SETTLE_SECONDS = 1.5  # beyond the longest hold
SLOWEST_SAMPLE = 1.5  # seconds; curriculum 3.8

# script(1) gives the shell a real terminal: it is as interactive as a learner's. The pipe is
# opened for reading and writing: it never ends, and opening it never waits.
OPEN_SHELL = """
keys=/tmp/.keys-$1
[ -p $keys ] && exit
mkfifo $keys
export TERM=xterm-256color LANG=C.UTF-8 HOME=/root
setsid script -q -c 'bash -l' /tmp/.said-$1 <>$keys >/dev/null 2>&1 &
"""
# Line after line, as if typed: a program may throw away what was typed before it was ready.
PRESS_KEYS = """
while IFS= read -r line; do printf '%s\\n' "$line" >/tmp/.keys-$1; sleep 0.15; done
"""


class NotAsClaimed(Exception):
    """The exercise did not do what its author says; the text says in which way."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a trial went."""

    trial: Trial
    problem: str  # "" when it stood
    seconds: float
    slowest: float  # seconds of the slowest sample
    part: str = ""  # the slowest part of any sample: the snapshot, a path, a script


@dataclass(slots=True)
class Rehearsal:
    """One trial in one lab."""

    trial: Trial
    lease: Lease
    exercise: Exercise
    values: dict[str, str]
    standings: Standings = field(default_factory=Standings)
    typed: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0
    witness: Witness = field(init=False)

    def __post_init__(self) -> None:
        self.witness = Witness(LiveLab(self.lease), self.trial.written.directory)

    async def perform(self) -> None:
        """Do what the trial says. Raises NotAsClaimed."""
        for act in self.trial.acts(cgroup_version=cgroup_version()):
            await self._act(act)
        match self.trial.claim:
            case Claim.NOTHING_PASSES:
                await self.nothing_passes()
            case Claim.PASSES:
                await self._wait(lambda verdict: verdict.passed, PASS_SECONDS, "it did not pass")
            case Claim.DIAGNOSED:
                await self._diagnosed(self.trial.expected)
            case Claim.REFUSED:
                await self._refused()

    async def nothing_passes(self) -> None:
        """No step passes and no diagnosis is shown, for longer than the longest hold."""
        for verdict in await self._settle():
            passed = [step.id for step in verdict.steps if step.passed]
            told = [step.diagnosis.id for step in verdict.steps if step.diagnosis]
            if passed:
                raise NotAsClaimed(f"step {passed[0]} passes in an untouched lab")
            if told:
                raise NotAsClaimed(f"diagnosis {told[0]} is shown in an untouched lab")

    async def _act(self, act: Act) -> None:
        match act:
            case Type(terminal=terminal, text=text):
                await self._run(OPEN_SHELL, terminal)
                await self._run(PRESS_KEYS, terminal, stdin=text.encode())
            case Until(step=step):
                missing = f"step {step} did not pass"
                await self._wait(lambda verdict: verdict.step(step).passed, STEP_SECONDS, missing)
            case Reply(id=name, value=value, command=command):
                self.typed[name] = await self._run(command) if command else value

    async def _run(self, script: str, *arguments: str, stdin: bytes = b"") -> str:
        argv = ["/bin/bash", "-c", script, "bash", *arguments]
        ran = await labs.run(self.lease, argv, stdin=stdin)
        said = ran.output.decode(errors="replace")
        if ran.code != 0:
            raise NotAsClaimed(f"typing failed: {said}")
        return said.strip()

    async def _diagnosed(self, expected: str) -> None:
        missing = f"diagnosis {expected} was not shown"
        await self._wait(lambda verdict: expected in _shown(verdict), DIAGNOSIS_SECONDS, missing)
        verdicts = await self._settle()
        if any(verdict.passed for verdict in verdicts):
            raise NotAsClaimed("the mistake passes")
        shown = _shown(verdicts[-1])
        if expected not in shown:
            raise NotAsClaimed(f"diagnosis {expected} gave way to {shown or 'nothing'}")

    async def _refused(self) -> None:
        if any(verdict.passed for verdict in [*await self._settle(), *await self._settle()]):
            raise NotAsClaimed("the cheat passes")

    async def _wait(self, reached: Callable[[Verdict], bool], seconds: float, missing: str) -> None:
        until = time.monotonic() + seconds
        verdict = await self._sample()
        while not reached(verdict):
            if time.monotonic() > until:
                raise NotAsClaimed(f"{missing} within {seconds:g} s; {_state(verdict)}")
            await asyncio.sleep(pace(self.exercise, self.standings))
            verdict = await self._sample()

    async def _settle(self) -> list[Verdict]:
        longest = max(check.seconds for step in self.exercise.steps for check in step.checks)
        until = time.monotonic() + longest + SETTLE_SECONDS
        verdicts = [await self._sample()]
        while time.monotonic() < until:
            await asyncio.sleep(pace(self.exercise, self.standings))
            verdicts.append(await self._sample())
        return verdicts

    async def _sample(self) -> Verdict:
        if reads_screen(self.exercise):
            said = await self._run("tail -qc 2000 /tmp/.said-* 2>/dev/null || true")
            self.standings.screen = said[-2000:]
        began = time.monotonic()
        evidence = await self.witness.sample(
            self.exercise, self.standings, typed=self.typed, values=self.values
        )
        missing = unmet(self.exercise, evidence.snapshot.features)
        if missing is not None:
            raise NotAsClaimed(missing.en)
        verdict = judge(self.exercise, evidence, self.standings)
        # A server of the learner's that does not answer is no slowness of ours.
        self.slowest = max(self.slowest, time.monotonic() - began - self.witness.waited)
        return verdict


async def rehearse(trial: Trial, learner: AbstractBaseUser) -> Result:
    """Perform a trial in a fresh lab of this learner, and end the lab.

    Raises LabFailed, NoRoom, LabUnavailable and LabGone: those say nothing about the exercise.
    """
    began = time.monotonic()
    sheet = Sheet(trial.written, trial.seed, 1, cgroup_version())
    lease = await asyncio.to_thread(_in_thread, leases.acquire, learner, sheet.lab_spec())
    rehearsal = _rehearsal(trial, lease, sheet)
    try:
        problem = await _problem(rehearsal.perform())
        if trial.reset and not problem:
            lease = await asyncio.to_thread(_in_thread, leases.reset, lease, sheet.lab_spec())
            problem = await _problem(_rehearsal(trial, lease, sheet).nothing_passes())
            problem = problem and f"after reset: {problem}"
    finally:
        await asyncio.to_thread(_in_thread, leases.end, lease)
    if not problem and rehearsal.slowest > SLOWEST_SAMPLE:
        problem = f"a sample took {rehearsal.slowest:.1f} s, more than {SLOWEST_SAMPLE:g} s"
    seconds = time.monotonic() - began
    return Result(trial, problem, seconds, rehearsal.slowest, rehearsal.witness.slowest[1])


def _rehearsal(trial: Trial, lease: Lease, sheet: Sheet) -> Rehearsal:
    exercise = trial.written.with_values(sheet.values)
    cards = {card.id for card in exercise.predict}
    standings = Standings(committed=cards)
    return Rehearsal(trial, lease, exercise, sheet.values, standings=standings)


def _in_thread(function: Callable[..., Lease], *arguments: object) -> Lease:
    try:
        return function(*arguments)
    finally:
        connection.close()  # Each thread has its own, and this one ends.


async def _problem(performance: Awaitable[None]) -> str:
    try:
        await performance
    except NotAsClaimed as problem:
        return str(problem)
    return ""


def _shown(verdict: Verdict) -> list[str]:
    return [step.diagnosis.id for step in verdict.steps if step.diagnosis is not None]


def _state(verdict: Verdict) -> str:
    """What was still missing, for whoever repairs the exercise."""
    lines = [
        f"{check.id} {check.state.value}"
        + (
            f" (expected {check.expected.en}, found {check.found.en})"
            if check.found and check.expected
            else ""
        )
        + (f" ({check.why.en})" if check.why else "")
        for step in verdict.steps
        for check in step.checks
        if check.state.value != "passed"
    ]
    shown = _shown(verdict)
    return "; ".join([*lines, f"shown: {', '.join(shown) or 'no diagnosis'}"])
