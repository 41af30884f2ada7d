"""The keys by which a client leaves a terminal."""

from __future__ import annotations

import pytest

from sandbox.shim.escape import Escape


@pytest.mark.parametrize(
    ("keys", "typed", "passed", "left"),
    [
        (b"\x10\x11", b"ls\r", b"ls\r", False),
        (b"\x10\x11", b"ls\x10\x11more", b"ls", True),
        (b"\x10\x11", b"\x10a", b"\x10a", False),
        (b"\x10\x11", b"\x10\x10\x11", b"\x10", True),
        (b"aab", b"aaab", b"aaab", False),  # As moby's EscapeProxy: it does not look back.
        (b"", b"\x10\x11", b"\x10\x11", False),
    ],
)
def test_the_sequence_and_nothing_else_is_taken_out(keys, typed, passed, left):
    assert Escape(keys).passed(typed) == (passed, left)


def test_the_sequence_may_come_in_pieces():
    escape = Escape(b"\x10\x11")
    assert escape.passed(b"a\x10") == (b"a", False)
    assert escape.passed(b"\x11") == (b"", True)
