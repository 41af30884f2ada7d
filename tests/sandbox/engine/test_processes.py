"""Which lines of ps are a container's."""

from __future__ import annotations

import pytest

from sandbox.engine.errors import Unanswerable
from sandbox.engine.processes import parsed

SAID = """\
  PID COMMAND
   10 sleep 60
    - -
   11 sh -c  two  spaces
   12 stranger
    - -
"""


def test_only_these_processes_and_their_threads_are_shown():
    found = parsed(SAID, frozenset({10, 11}))
    assert found.titles == ["PID", "COMMAND"]
    assert found.rows == [["10", "sleep 60"], ["-", "-"], ["11", "sh -c two spaces"]]


def test_without_pids_nothing_can_be_told_apart():
    with pytest.raises(Unanswerable, match="PID"):
        parsed("COMMAND\nsleep\n", frozenset({10}))


def test_a_title_that_lies_is_found_out():
    with pytest.raises(Unanswerable, match="Unexpected pid 'sleep'"):
        parsed("PID\nsleep\n", frozenset({10}))
