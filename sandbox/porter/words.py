"""What the engine and a porter say to each other: one JSON line each way, then perhaps a tar."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What a porter is sent for."""

    STAT = "stat"
    PACK = "pack"
    EXPORT = "export"
    UNPACK = "unpack"


class Fault(StrEnum):
    """Why it comes back without."""

    MISSING = "missing"  # There is no such file.
    BAD = "bad"  # What was asked makes no sense there.
    FAILED = "failed"  # It could not be done; the text says why.


class Refused(Exception):
    """The answer is no."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Order:
    """One request."""

    deed: Deed
    path: str = "/"  # In the container, absolute and clean, but for a "/" or "/." at its end.
    # Where the container runs: descriptors of its mount and user namespace.
    mounts: int = -1
    users: int = -1
    # Where it does not: its first host id, an empty directory, and the steps that make its root.
    base: int = 0
    stage: str = ""
    steps: tuple[object, ...] = ()
    # Of an archive that comes in:
    kinds_stay: bool = False  # A directory is never replaced by something else, nor the reverse.
    user: str | None = None  # Everything is this user's, in Docker's words; None: the archive says.
    read_only: bool = False  # Its root is; mounts say so themselves.


@dataclass(frozen=True, slots=True)
class Found:
    """Of a file, as lstat(2) has it."""

    name: str
    size: int
    mode: int
    modified: int  # nanoseconds since the epoch
    target: str  # Where a link leads in the end.
