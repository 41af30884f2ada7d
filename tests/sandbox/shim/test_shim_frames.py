"""terminal.v1 on a stream, byte for byte: terminal.md, Protocol."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shim import frames


def test_frames_to_the_client_are_as_the_protocol_spells_them():
    assert frames.output(b"hi") == b"\0\0\0\x03\0hi"
    assert frames.welcome(258, 80, 24, 2) == b"\0\0\0\x0f\x03" + bytes.fromhex(
        "0000000000000102 0050 0018 0002"
    )
    assert frames.exited(-9) == b"\0\0\0\x05\x04\xff\xff\xff\xf7"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10), st.data())
def test_frames_come_out_whole_however_the_stream_is_cut(payloads, data):
    stream = b"".join(frames.framed(payload) for payload in payloads)
    received, found = bytearray(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        received += stream[:cut]
        stream = stream[cut:]
        found += frames.split(received)
    assert found == payloads
    assert not received


@pytest.mark.parametrize("length", [0, frames.MOST + 1, 0xFFFFFFFF])
def test_an_empty_or_oversized_frame_is_refused_before_it_has_come(length):
    with pytest.raises(frames.BadFrame):
        frames.split(bytearray(frames.LENGTH.pack(length)))


def test_a_frame_with_too_many_or_too_few_bytes_is_refused():
    assert frames.number(frames.SIZE, b"\x01\0\x50\0\x18") == (80, 24)
    for frame in (b"\x01\0\x50", b"\x01\0\x50\0\x18\0"):
        with pytest.raises(frames.BadFrame):
            frames.number(frames.SIZE, frame)
