"""--detach-keys."""

from __future__ import annotations

import pytest

from sandbox.engine import detaching
from sandbox.engine.errors import BadParameter


@pytest.mark.parametrize(
    ("text", "typed"),
    [("", b"\x10\x11"), ("ctrl-a", b"\x01"), ("ctrl-@,q,DEL", b"\0q\x7f"), ("ctrl-\\", b"\x1c")],
)
def test_keys_are_what_is_typed(text, typed):
    assert detaching.keys(text) == typed


@pytest.mark.parametrize("text", ["nonsense", "ctrl-A", "ctrl-", "a,,b", "é"])
def test_what_no_keyboard_types_is_refused(text):
    with pytest.raises(BadParameter, match="Invalid escape keys"):
        detaching.keys(text)
