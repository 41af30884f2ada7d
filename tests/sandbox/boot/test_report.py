"""What a child tells its shim before it has become its program."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from sandbox.boot.report import Failed, attempt, fail, outcome, tell


def reported(*deeds: Callable[[int], object]) -> tuple[dict[str, int], Failed | None]:
    """What comes of it when children do these deeds, one after the other."""
    reading, writing = os.pipe()
    for deed in deeds:
        if (child := os.fork()) == 0:
            os.close(reading)
            deed(writing)
            os._exit(0)
        os.waitpid(child, 0)
    os.close(writing)
    try:
        return outcome(reading)
    finally:
        os.close(reading)


def missing(status: int) -> None:
    attempt(status, "open it", lambda: os.open("/nowhere", os.O_RDONLY))
    tell(status, pid=1)  # Never: the first failure ends the process.


def test_facts_and_silence():
    assert reported() == ({}, None)
    assert reported(lambda status: tell(status, pid=4711)) == ({"pid": 4711}, None)


def test_a_failure_names_its_step_and_errno_and_ends_the_process():
    facts, failure = reported(missing)
    assert facts == {}
    assert failure is not None
    assert (failure.step, failure.errno) == ("open it", errno.ENOENT)
    assert "/nowhere" in failure.detail


def test_the_first_failure_counts():
    _, failure = reported(missing, lambda status: fail(status, "later", ValueError("no")))
    assert failure is not None
    assert failure.step == "open it"


def test_words_without_a_number_are_kept():
    _, failure = reported(lambda status: fail(status, "user", ValueError('say "no"\nplease')))
    assert failure == Failed("user", 0, 'say "no"\nplease')
