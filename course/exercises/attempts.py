"""One learner's attempt at one exercise: its values, and what of it the database remembers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import salted_hmac

from course.exercises.catalogue import Catalogue, Written, load
from course.exercises.variables import fill
from course.progress import record
from sandbox.session.lab import LabSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import AbstractBaseUser

    from course.progress.models import Attempt
    from sandbox.session.models import Lease

SEED_LENGTH = 32  # Lease.seed
HOSTNAME = "lab"


@cache
def catalogue() -> Catalogue:
    """The exercises of this installation, read once. Raises BrokenExercise."""
    return load(Path(settings.TERRARIUM_CONTENT))


def seed_of(user: AbstractBaseUser, exercise: str, number: int) -> str:
    """The seed of an attempt: the same for the same learner, and told by nothing on the page."""
    return salted_hmac("exercise", f"{user.pk}/{exercise}/{number}").hexdigest()[:SEED_LENGTH]


def next_attempt(user: AbstractBaseUser, exercise: str) -> Attempt:
    """The attempt that a fresh lab belongs to: a new one only after the last was passed."""
    latest = record.current(user, exercise)
    return record.begin(user, exercise, fresh=latest is not None and latest.passed_at is not None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """An exercise as one learner has it before them."""

    written: Written
    seed: str
    number: int
    cgroup_version: int

    @property
    def values(self) -> dict[str, str]:
        """Everything `{{…}}` stands for."""
        return self.written.values(seed=self.seed, cgroup_version=self.cgroup_version)

    def read(self, name: str) -> str:
        """One of the exercise's files with this learner's values."""
        return fill(self.written.read(name), self.values)

    def lab_spec(self) -> LabSpec:
        """The lab that the exercise needs."""
        exercise = self.written.exercise
        return LabSpec(
            exercise=exercise.id,
            profile=exercise.profile,
            attempt=self.number,
            seed=self.seed,
            setup=self.read("setup.sh"),
            files=_files(self.written, self.values),
            hostname=HOSTNAME,
        )


def sheet_of(lease: Lease, *, cgroup_version: int) -> Sheet:
    """What the lease's learner has before them."""
    written = catalogue()[lease.exercise]
    return Sheet(written, lease.seed, lease.attempt, cgroup_version)


def _files(written: Written, values: Mapping[str, str]) -> dict[str, bytes]:
    """Everything below the exercise's files/, at the same place below / in the lab."""
    root = written.directory / "files"
    return {
        f"/{path.relative_to(root)}": fill(path.read_text(encoding="utf-8"), values).encode()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
