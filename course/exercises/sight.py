"""What a condition is judged by, and what it leaves behind: questions, misses, faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from course.exercises.text import Text
from sandbox.observe.reach import Reach, Reached
from sandbox.observe.snapshot import Cgroup, Look, Process, Seen, Snapshot

OUT_OF_SIGHT = Text(
    zh="实验机里的东西太多，看不全，所以无法判断",
    en="there is too much in the lab to see all of it, so nobody can tell",
)

START_SECONDS = 60.0  # Until then a lab counts as untouched, for a baseline.
TICKS = 100  # Process.start counts hundredths of a second, whatever the kernel's own clock.

Bound = Process | Cgroup
Bindings = Mapping[str, Bound]


@dataclass(frozen=True, slots=True)
class Call:
    """A question to one of the exercise's own scripts."""

    file: str
    seconds: int
    input: str  # JSON; part of the question's identity


@dataclass(frozen=True, slots=True)
class Ran:
    """A script's answer. `fault` is ours: it crashed, hung or did not speak the protocol."""

    ok: bool = False
    evidence: str = ""
    say: Text | None = None
    diagnosis: str = ""  # The rule that the script recommends.
    fault: str = ""


Question = Look | Call | Reach
Answer = Seen | Ran | Reached
Answers = Mapping[Question, Answer]


@dataclass(frozen=True, slots=True)
class Burnt:
    """The CPU time that each control group had used at an earlier look."""

    taken: float
    usage: Mapping[str, int]  # nanoseconds, by path


@dataclass(frozen=True, slots=True)
class Count:
    """What a monitor has seen; judgements that were none of the learner's doing do not count."""

    good: int = 0
    bad: int = 0
    streak: int = 0
    began: float = 0.0
    last: float = 0.0
    first_bad: tuple[float, Text] | None = None  # seconds after it began, and what was found


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sample: the kernel's view, what was asked besides, and what the learner typed."""

    snapshot: Snapshot
    answers: Answers = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    earlier: Burnt | None = None
    baseline: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # path → its entries
    counted: Mapping[str, Count] = field(default_factory=dict)  # by monitor

    @property
    def init(self) -> Process | None:
        """The lab's first process; None in the moment in which it is gone."""
        pid = self.snapshot.init
        return next((one for one in self.snapshot.processes if one.pid == pid), None)

    def inner_pid(self, process: Process) -> int:
        """The process's id as the lab's own `ps` prints it."""
        init = self.init
        level = len(init.nspid) - 1 if init else 0
        return process.nspid[level] if level < len(process.nspid) else process.pid

    def name(self, process: Process) -> str:
        """How a learner recognises the process."""
        return f"{process.comm}[{self.inner_pid(process)}]"


@dataclass(frozen=True, slots=True)
class Miss:
    """The nearest that anything came: what was wanted there, and what there was."""

    depth: float
    expected: Text
    found: Text


@dataclass(slots=True)
class Notes:
    """What one evaluation gathered on its way."""

    questions: set[Question] = field(default_factory=set)
    unavailable: list[Text] = field(default_factory=list)
    faults: list[Text] = field(default_factory=list)
    said: list[Text] = field(default_factory=list)
    named: list[str] = field(default_factory=list)  # diagnoses that scripts recommend
    nearest: Miss | None = None

    def open(self) -> bool:
        """Whether "no solution" would claim more than is known."""
        return bool(self.questions or self.unavailable or self.faults)


@dataclass(frozen=True, slots=True)
class Sight:
    """Evidence as seen from one depth of the search, with the notes shared by all depths."""

    evidence: Evidence
    notes: Notes
    depth: int = 0

    def deeper(self) -> Sight:
        """The same, one clause further on."""
        return replace(self, depth=self.depth + 1)

    def apart(self) -> Sight:
        """The same with notes of its own, for a negation."""
        return replace(self, notes=Notes())

    def miss(self, expected: Text, found: Text, *, closeness: float = 0.0) -> None:
        """Remember a failure unless a deeper one is known; closeness is in [0, 1)."""
        depth = self.depth + closeness
        if self.notes.nearest is None or depth > self.notes.nearest.depth:
            self.notes.nearest = Miss(depth, expected, found)

    def look(self, process: Process, path: str, want: str) -> Seen | None:
        """The answer about a path, or None when it has to be asked first."""
        question = Look(pid=process.pid, start=process.start, path=path, want=want)
        answer = self._answer(question)
        return answer if isinstance(answer, Seen) else None

    def reach(self, question: Reach) -> Reached | None:
        """What came of a request, or None when it has to be made first."""
        answer = self._answer(question)
        return answer if isinstance(answer, Reached) else None

    def call(self, question: Call) -> Ran | None:
        """The answer of a script, or None when it has to be run first."""
        answer = self._answer(question)
        return answer if isinstance(answer, Ran) else None

    def _answer(self, question: Question) -> Any:  # noqa: ANN401  narrowed by both callers
        if question not in self.evidence.answers:
            self.notes.questions.add(question)
            return None
        return self.evidence.answers[question]

    def cut(self, *what: str) -> bool:
        """Whether a bound cut off some of these, so that what is not seen may yet be there.

        Then nobody can tell: else a flood of one thing would make another one disappear.
        """
        lacking = [one for one in what if f"truncated.{one}" in self.evidence.snapshot.features]
        if lacking:
            self.unavailable(OUT_OF_SIGHT)
        return bool(lacking)

    def unavailable(self, reason: Text) -> None:
        """This host or this version cannot tell: nobody's mistake."""
        self.notes.unavailable.append(reason)

    def fault(self, reason: Text) -> None:
        """We failed, not the learner."""
        self.notes.faults.append(reason)

    def process(self, name: str, bindings: Bindings) -> Process | None:
        """The process that a name stands for: `init`, or one bound by `as`."""
        if name == "init":
            return self.evidence.init
        bound = bindings.get(name)
        return bound if isinstance(bound, Process) else None
