"""The schema of exercise.yaml (curriculum 3.2 to 3.5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, JsonValue, field_validator, model_validator

from course.exercises.conditions import Answer, Condition
from course.exercises.strict import Strict
from course.exercises.text import Text

QUICKEST = 0.25  # seconds between samples
LEVELS = 3  # nudge, cause, nearly the answer
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Timed(Condition):
    """A condition and the time in which it must be true (curriculum 3.4)."""

    mode: Literal["now", "seen", "never", "sequence"] = "now"
    hold: str = Field(default="0s", pattern=r"^\d+(\.\d+)?s$")
    sequence: tuple[Condition, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _asks(self) -> Timed:
        if (self.mode == "sequence") != bool(self.sequence):
            raise ValueError("mode: sequence and the key sequence belong together")
        if self.needs_condition and self.empty() == (not self.sequence):
            raise ValueError("write one condition: probes, all, any, not; or a sequence")
        if self.seconds and self.mode not in {"now", "seen"}:
            raise ValueError(f"hold does not go with mode: {self.mode}")
        return self

    @property
    def needs_condition(self) -> bool:
        """Whether something has to be asked of the lab."""
        return True

    @property
    def seconds(self) -> float:
        """How long the condition must stay true without a break."""
        return float(self.hold.removesuffix("s"))

    @property
    def fleeting(self) -> bool:
        """Whether a moment counts, so that sampling has to be quick."""
        return self.mode != "now"

    def conditions(self) -> tuple[Condition, ...]:
        """What is evaluated: the elements of the sequence, or this condition itself."""
        return self.sequence or (self,)


class Check(Timed):
    """One line of the checklist."""

    id: str = Field(pattern=SLUG)
    say: Text


class Rule(Timed):
    """A diagnosis: a state that a known mistake leaves behind, and what to say about it.

    from_script: it has no condition; a check's script recommends it by its id.
    screen: a pattern that the text in the terminal must fit, too. The learner writes that text, so
    no check has such a key.
    """

    id: str = Field(pattern=SLUG)
    from_script: bool = False
    screen: str | None = Field(default=None, max_length=200)
    hint: tuple[Text, ...] = Field(min_length=1, max_length=LEVELS)

    @property
    def needs_condition(self) -> bool:
        """Not when a script decides, or the screen."""
        return not self.from_script and self.screen is None

    @field_validator("screen")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as bad:
            raise ValueError(f"not a regular expression: {bad}") from None
        return pattern


class Step(Strict):
    """Checks that must hold together, and the diagnoses tried in order while they do not."""

    id: str = Field(pattern=SLUG)
    title: Text
    checks: tuple[Check, ...] = Field(min_length=1, max_length=12)
    diagnose: tuple[Rule, ...] = Field(default=(), max_length=20)


class Card(Strict):
    """A prediction; the step named in `before` waits until it is committed. Never graded."""

    id: str = Field(pattern=SLUG)
    before: str
    ask: Text
    options: dict[str, Text] = Field(min_length=2, max_length=6)
    truth: str
    because: Text

    @model_validator(mode="after")
    def _truth_is_an_option(self) -> Card:
        if self.truth not in self.options:
            raise ValueError(f"truth: {self.truth} is not among the options")
        return self


class Ask(Strict):
    """A question whose answer is typed into the page; a check's `answer` probe judges it."""

    id: str = Field(pattern=SLUG)
    ask: Text
    type: Literal["text", "int"] = "text"


class Variable(Strict):
    """How one random value of a learner's attempt is drawn."""

    int_: tuple[int, int] | None = Field(default=None, alias="int")
    token: int | None = Field(default=None, ge=4, le=64)
    choice: tuple[str, ...] | None = Field(default=None, min_length=2)

    @model_validator(mode="after")
    def _one_kind(self) -> Variable:
        if len(self.model_fields_set) != 1:
            raise ValueError("write one of int, token, choice")
        if self.int_ is not None and self.int_[0] > self.int_[1]:
            raise ValueError("int: the first bound is above the second")
        return self


class Monitor(Condition):
    """A condition judged at an interval while a page looks at the lab, and counted.

    after: it begins once that step has passed.
    """

    id: str = Field(pattern=SLUG)
    interval: str = Field(default="1s", alias="every", pattern=r"^\d+(\.\d+)?s$")
    after: str | None = None

    @model_validator(mode="after")
    def _asks(self) -> Monitor:
        if self.empty():
            raise ValueError("write what is to be watched: probes, all, any, not")
        if self.seconds < QUICKEST:
            raise ValueError(f"every: at least {QUICKEST:g}s")
        return self

    @property
    def seconds(self) -> float:
        """The interval."""
        return float(self.interval.removesuffix("s"))


class TerminalName(Strict):
    """A pane of the exercise page."""

    name: str = Field(pattern=r"^[a-z][a-z0-9]{0,15}$")


class Exercise(Strict):
    """One exercise, complete; immutable once loaded."""

    id: str = Field(pattern=r"^u\d\d-\d$")
    version: int = Field(default=1, ge=1)
    kind: Literal["worked", "faded", "problem", "incident", "observe", "capstone"]
    minutes: int = Field(ge=1, le=60)
    notes: tuple[int, ...] = ()
    title: Text
    goal: Text
    profile: Literal["plain", "cgroup"]
    images: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    variables: dict[str, Variable] = Field(default={}, alias="vars")
    terminals: tuple[TerminalName, ...] = (TerminalName(name="main"), TerminalName(name="second"))
    user: Literal["root"] = "root"
    watch: tuple[Monitor, ...] = Field(default=(), max_length=8)
    predict: tuple[Card, ...] = ()
    asks: tuple[Ask, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1, max_length=8)
    xray: JsonValue | None = None
    review: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> Exercise:
        _no_twins("step", (step.id for step in self.steps))
        _no_twins("card", (card.id for card in self.predict))
        _no_twins("check", (check.id for step in self.steps for check in step.checks))
        _no_twins("diagnosis", (rule.id for step in self.steps for rule in step.diagnose))
        steps = {step.id for step in self.steps}
        for card in self.predict:
            if card.before not in steps:
                raise ValueError(f"predict {card.id}: no step is called {card.before}")
        asked = {ask.id for ask in self.asks}
        for condition in conditions_of(self):
            for probe in condition.probes():
                if isinstance(probe, Answer) and probe.id not in asked:
                    raise ValueError(f"answer {probe.id}: asks has no such question")
        return self

    @model_validator(mode="after")
    def _monitors_fit(self) -> Exercise:
        _no_twins("monitor", (monitor.id for monitor in self.watch))
        steps = {step.id for step in self.steps}
        for monitor in self.watch:
            if monitor.after is not None and monitor.after not in steps:
                raise ValueError(f"watch {monitor.id}: no step is called {monitor.after}")
        monitors = {monitor.id for monitor in self.watch}
        for condition in conditions_of(self):
            if condition.monitor is not None and condition.monitor.id not in monitors:
                raise ValueError(f"monitor {condition.monitor.id}: watch has no such monitor")
        return self


def conditions_of(exercise: Exercise) -> Iterator[Condition]:
    """Every condition of every check and diagnosis, nested ones included."""
    pending: list[Condition] = [
        condition
        for step in exercise.steps
        for timed in (*step.checks, *step.diagnose)
        for condition in timed.conditions()
    ]
    pending += exercise.watch
    while pending:
        condition = pending.pop()
        yield condition
        pending.extend(condition.within())


def _no_twins(what: str, names: Iterator[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"two of {what} are called {twice[0]}")
