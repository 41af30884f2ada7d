"""What a lab is to be: the values from which a lease's container is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LabSpec:
    """One exercise's lab for one attempt.

    `setup` is a shell script, run as root before the learner may enter; a non-zero exit fails the
    start. `files` maps absolute paths to contents, written before `setup` runs (mode 0644).
    """

    exercise: str
    profile: str = "plain"  # plain | cgroup
    attempt: int = 1
    seed: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    setup: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    hostname: str = "lab"


class LeaseError(Exception):
    """Told to the learner: the reason, and what to do next, both in the active language."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step


class NoRoom(LeaseError):
    """A limit is reached. `oldest`: the learner's own lab to end, "" when the host is full."""

    def __init__(self, reason: str, next_step: str, *, oldest: str = "") -> None:
        super().__init__(reason, next_step)
        self.oldest = oldest


class LabFailed(LeaseError):
    """The lab could not be started; everything it had taken is given back."""


class LeaseDenied(Exception):
    """Not this user's lease, or nobody's: the answer does not say which."""


class LeaseOver(LeaseError):
    """The lease is no longer open, or at its longest."""
