"""What a client hears of a tar that cannot be finished: nothing, not even a word of regret."""

from __future__ import annotations

import io
import os

import pytest

from sandbox.porter import main


class Ended(BaseException):
    """In place of the process's end."""


@pytest.mark.parametrize("error", [OSError(5, "I/O"), MemoryError(), ValueError("a null")])
def test_a_tar_that_breaks_off_has_no_word_behind_it(monkeypatch, error):
    def end(status):
        raise Ended(status)

    def send():
        out.write(b"half a tar")
        raise error

    monkeypatch.setattr(os, "_exit", end)
    out = io.BytesIO()
    with pytest.raises(Ended, match="1"):
        main._sent(out, send)
    assert out.getvalue() == b"half a tar"
