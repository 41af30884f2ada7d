"""The short way of a keystroke into the web process takes keystrokes, and nothing else."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.websocket import key_frame


def masked(payload: bytes, mask: bytes, first: int = 0x82) -> bytes:
    """As RFC 6455, 5.3 has it, byte by byte."""
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    size = len(payload)
    head = (
        struct.pack(">BB", first, 0x80 | size)
        if size < 126
        else struct.pack(">BBH", first, 0x80 | 126, size)
    )
    return head + mask + body


MASK = st.binary(min_size=4, max_size=4)


@given(st.binary(min_size=1, max_size=125), MASK)
def test_a_short_frame_is_unmasked(payload, mask):
    assert key_frame(masked(payload, mask)) == payload


@given(st.binary(min_size=126, max_size=300), MASK)
def test_a_long_frame_takes_the_usual_way(payload, mask):
    assert key_frame(masked(payload, mask)) == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x82",
        masked(b"", b"abcd"),
        masked(b"x", b"abcd", first=0x81),
        masked(b"x", b"abcd", first=0x02),
        masked(b"x", b"abcd", first=0xC2),
        masked(b"x", b"abcd", first=0x88),
        masked(b"x", b"abcd", first=0x80),
        b"\x82\x01x",
        b"\x82\x05xabcde",
        masked(b"xyz", b"abcd")[:-1],
        masked(b"xyz", b"abcd") + b"\x82",
        masked(b"x", b"abcd") + masked(b"y", b"abcd"),
        b"\x82\xff" + bytes(4) + bytes(127),
        b"\x82\xfe" + bytes(4) + bytes(126),
    ],
)
def test_anything_else_takes_the_usual_way(data):
    assert key_frame(data) == b""
