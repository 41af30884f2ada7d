"""What an exercise has to stand before learners meet it (curriculum 3.8), as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from course.exercises.catalogue import Written
from course.exercises.typed import Act, acts, expected_diagnosis
from course.exercises.variables import fill

ROLLS = 3


TURNS = 3  # runs after which every trial was in a sample
ALWAYS = ("untouched", "solution, then reset")


class Claim(StrEnum):
    """What a trial must show."""

    NOTHING_PASSES = "nothing passes"
    PASSES = "passes"
    DIAGNOSED = "fails, diagnosed"
    REFUSED = "fails"


@dataclass(frozen=True, slots=True)
class Trial:
    """One fresh lab, one script typed into it, one claim."""

    written: Written
    name: str
    claim: Claim
    script: str = ""  # As written, values not filled in.
    seed: str = "1"
    reset: bool = False  # Afterwards reset the lab; nothing may pass then.

    @property
    def expected(self) -> str:
        """The diagnosis that has to be shown, "" when none has to be."""
        return (expected_diagnosis(self.script) or "") if self.claim is Claim.DIAGNOSED else ""

    def values(self, *, cgroup_version: int) -> dict[str, str]:
        """This trial's `{{…}}`."""
        return self.written.values(seed=self.seed, cgroup_version=cgroup_version)

    def acts(self, *, cgroup_version: int) -> list[Act]:
        """What is typed and awaited."""
        return acts(fill(self.script, self.values(cgroup_version=cgroup_version)))


def trials(written: Written) -> list[Trial]:
    """Everything the exercise has to stand, the quickest to fail first."""
    solution = written.read("solution.sh")
    rolls = ROLLS if written.exercise.variables else 1
    return [
        Trial(written, "untouched", Claim.NOTHING_PASSES),
        Trial(written, "solution, then reset", Claim.PASSES, solution, reset=True),
        *(
            Trial(written, f"solution, values {seed}", Claim.PASSES, solution, seed=str(seed))
            for seed in range(2, rolls + 1)
        ),
        *(
            Trial(written, f"alt/{path.stem}", Claim.PASSES, path.read_text(encoding="utf-8"))
            for path in written.files("alt", ".sh")
        ),
        *(
            Trial(
                written, f"mistakes/{path.stem}", Claim.DIAGNOSED, path.read_text(encoding="utf-8")
            )
            for path in written.files("mistakes", ".sh")
        ),
        *(
            Trial(written, f"cheats/{path.stem}", Claim.REFUSED, path.read_text(encoding="utf-8"))
            for path in written.files("cheats", ".sh")
        ),
    ]


def sampled(plan: Sequence[Trial], turn: int) -> list[Trial]:
    """What every exercise must stand each time, and a third of the rest; turns take turns."""
    rest = [trial for trial in plan if trial.name not in ALWAYS]
    chosen = rest[turn % TURNS :: TURNS]
    return [trial for trial in plan if trial.name in ALWAYS or trial in chosen]
