"""What one terminal may take of a turn, while the others wait for it."""

from __future__ import annotations

import itertools
import os

import pytest

from sandbox.shim import session as shim_session
from sandbox.shim.session import PTY_READ, PTY_TURN, TURN_SECONDS
from tests.sandbox.shim.ends import quiet, turn

READY = 65536


@pytest.mark.parametrize(
    ("piece_takes", "part"), [(0.0, PTY_TURN), (TURN_SECONDS * 0.6, 3 * PTY_READ)]
)
def test_a_flood_has_a_bounded_part_of_each_turn(desk, monkeypatch, piece_takes, part):
    clock = itertools.count()
    monkeypatch.setattr(shim_session, "monotonic", lambda: next(clock) * piece_takes)
    session = desk.session()
    # A pipe always has the next piece ready, as a pty has when the kernel's thread keeps up.
    ours, programs = os.pipe()
    desk.open.append(programs)
    os.write(programs, bytes(READY))
    session.terminal(ours)
    turn(desk.loop)
    assert session.ring.end == part
    quiet(desk.loop)
    assert session.ring.end == READY
