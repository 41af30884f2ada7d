"""What a child on its way to exec tells its shim: one JSON line, then the descriptor closes.

Every process of a birth holds the write end, close-on-exec: end of file means that all of them
have either become their program or ended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

Value = TypeVar("Value")


class ProgramMissing(OSError):
    """The program to run is not there or is not executable; strerror is Docker's text."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The step that could not be performed."""

    step: str
    errno: int
    detail: str


class StepFailed(Exception):
    """A step failed in a process that goes on, and tells of it itself."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.step)
        self.failed = failed


def perform(step: str, deed: Callable[[], Value]) -> Value:
    """What deed gives. Raises StepFailed under step's name."""
    try:
        return deed()
    except (OSError, ValueError) as error:
        raise StepFailed(Failed(step, _number(error), str(error))) from error


def attempt(status: int, step: str, deed: Callable[[], object]) -> None:
    """Run deed; a failure is reported under step's name and ends the process."""
    try:
        deed()
    except (OSError, ValueError) as error:
        fail(status, step, error)


def fail(status: int, step: str, error: OSError | ValueError) -> NoReturn:
    """Report and end without running anybody's cleanup: this is a forked child."""
    _report(status, Failed(step, _number(error), str(error)))
    os._exit(1)


def _report(status: int, failed: Failed) -> None:
    line = json.dumps({"step": failed.step, "errno": failed.errno, "detail": failed.detail})
    os.write(status, line.encode() + b"\n")


def live(status: int, body: Callable[[], object]) -> NoReturn:
    """A forked child's whole life: it never goes on as a copy of its parent."""
    try:
        body()
        os._exit(0)
    except StepFailed as error:
        _report(status, error.failed)
    except (OSError, ValueError) as error:
        fail(status, "a forked child", error)
    finally:
        os._exit(1)


def _number(error: OSError | ValueError) -> int:
    return error.errno or 0 if isinstance(error, OSError) else 0


def tell(status: int, **facts: int) -> None:
    """A fact that the shim needs, such as pid=4711."""
    os.write(status, json.dumps(facts).encode() + b"\n")


def outcome(status: int) -> tuple[dict[str, int], Failed | None]:
    """Read to the end: the facts told, and the first failure if there was one. Blocks."""
    raw = b""
    while chunk := os.read(status, 65536):
        raw += chunk
    return understood(raw)


def understood(raw: bytes) -> tuple[dict[str, int], Failed | None]:
    """The facts and the first failure in a whole report."""
    facts: dict[str, int] = {}
    failure: Failed | None = None
    for line in raw.splitlines():
        said = json.loads(line)
        if "step" not in said:
            facts |= said
        elif failure is None:
            failure = Failed(said["step"], said["errno"], said["detail"])
    return facts, failure
