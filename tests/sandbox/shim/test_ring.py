"""The ring against the simplest thing that could be right: everything ever written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.shim.ring import SIZE, Ring

pieces = st.lists(st.binary(max_size=60), max_size=60)


@given(pieces, st.integers(1, 100))
def test_what_is_kept_is_what_was_written_last(written, size):
    ring, everything = Ring(size), b""
    for piece in written:
        ring.append(piece)
        everything += piece
        assert ring.end == len(everything)
        assert ring.read(ring.start, len(everything)) == everything[ring.start :]
        assert ring.end - ring.start >= min(size, len(everything))


@given(pieces, st.integers(0, 4000), st.integers(0, 100))
def test_a_replay_begins_where_it_was_asked_to_or_at_the_oldest_byte(written, offset, most):
    ring, everything = Ring(64), b"".join(written)
    for piece in written:
        ring.append(piece)
    start = ring.nearest(offset)
    assert start == (offset if ring.start <= offset <= ring.end else ring.start)
    assert ring.read(start, most) == everything[start : start + most]


def test_a_ring_of_the_real_size_stays_bounded():
    ring = Ring()
    for _ in range(100):
        ring.append(bytes(64 * 1024))
        assert ring.end - ring.start <= SIZE
