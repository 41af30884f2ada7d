"""The protocol's frames: read back as they were written, and nothing else is read."""

from __future__ import annotations

import struct
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shim import frames as shim
from sandbox.terminal import frames
from sandbox.terminal.frames import (
    Ack,
    BadFrame,
    Exited,
    Hello,
    Input,
    Notice,
    Output,
    Resize,
    Welcome,
    decode,
    decode_served,
    encode,
    encode_served,
    merged,
    pack,
    unpack,
)

U16 = st.integers(0, 2**16 - 1)
U32 = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**64 - 1)
ASKED = st.one_of(
    st.builds(Input, st.binary()),
    st.builds(Resize, st.integers(1, 1000), st.integers(1, 500)),
    st.builds(Ack, U32),
    st.builds(Hello, U64),
)
SERVED = st.one_of(
    st.builds(Output, st.binary()),
    st.builds(Welcome, U64, U16, U16, U16),
    st.builds(Exited, st.integers(-(2**31), 2**31 - 1)),
    st.builds(Notice, U16, st.dictionaries(st.text(), st.text() | st.integers() | st.booleans())),
)


@given(ASKED)
def test_what_a_browser_says_is_read_back(frame):
    assert decode(encode(frame)) == frame


@given(SERVED)
def test_what_a_server_says_is_read_back(frame):
    assert decode_served(encode_served(frame)) == frame


@given(st.binary(max_size=40))
def test_any_bytes_are_a_frame_or_refused(message):
    with suppress(BadFrame):
        asked = decode(message)
        assert isinstance(asked, Resize) or encode(asked) == message
    with suppress(BadFrame):
        served = decode_served(message)
        assert isinstance(served, Notice) or encode_served(served) == message


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (b"\x00ls\r", Input(b"ls\r")),
        (b"\x01\x00\x50\x00\x18", Resize(80, 24)),
        (b"\x02\x00\x02\x00\x00", Ack(131072)),
        (b"\x03" + bytes(7) + b"\x07", Hello(7)),
    ],
)
def test_a_browsers_bytes_are_those_of_the_protocol(message, frame):
    assert decode(message) == frame


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (Output(b"$ "), b"\x00$ "),
        (Welcome(258, 80, 24, 2), b"\x03" + bytes(6) + b"\x01\x02\x00\x50\x00\x18\x00\x02"),
        (Exited(-9), b"\x04\xff\xff\xff\xf7"),
        (Notice(2, {"hold": True}), b'\x05\x00\x02{"hold": true}'),
    ],
)
def test_a_servers_bytes_are_those_of_the_protocol(frame, message):
    assert encode_served(frame) == message


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x04\x00\x00\x00\x00",
        b"\x06",
        b"\xff",
        b"\x01\x00\x50\x00",
        b"\x01\x00\x50\x00\x18\x00",
        b"\x01\x00\x00\x00\x18",
        b"\x01\x00\x50\x00\x00",
        b"\x02\x00",
        b"\x03\x00",
    ],
)
def test_what_no_browser_says_is_refused(message):
    with pytest.raises(BadFrame):
        decode(message)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01\x00\x50\x00\x18",
        b"\x05\x00",
        b"\x05\x00\x01[]",
        b"\x05\x00\x01{",
        b"\x05\x00\x01\xff",
        b"\x05\x00\x01" + b"[" * 100_000,
    ],
)
def test_what_no_server_says_is_refused(message):
    with pytest.raises(BadFrame):
        decode_served(message)


@given(st.binary(min_size=1, max_size=100), U64, U16, U16, U16, st.integers(-(2**31), 2**31 - 1))
def test_the_shim_writes_the_same_bytes(  # noqa: PLR0917 - hypothesis gives them by place
    data, offset, columns, rows, viewers, status
):
    assert shim.output(data) == pack(encode_served(Output(data)))
    told = encode_served(Welcome(offset, columns, rows, viewers))
    assert shim.welcome(offset, columns, rows, viewers) == pack(told)
    assert shim.exited(status) == pack(encode_served(Exited(status)))


def test_a_size_beyond_any_screen_is_cut_to_the_largest():
    assert decode(struct.pack(">BHH", 1, 10_000, 10_000)) == Resize(1000, 500)


@given(st.lists(st.binary(min_size=1, max_size=50)), st.data())
def test_messages_come_out_of_a_stream_cut_anywhere_as_they_went_in(messages, data):
    stream = b"".join(map(pack, messages))
    cut = data.draw(st.integers(0, len(stream)))
    first, taken = unpack(stream[:cut])
    rest, all_of_it = unpack(stream[taken:])
    assert first + rest == messages
    assert taken + all_of_it == len(stream)


@pytest.mark.parametrize("length", [0, frames.MAX_MESSAGE + 1, 2**32 - 1])
def test_a_length_that_no_message_has_is_refused(length):
    with pytest.raises(BadFrame):
        unpack(struct.pack(">I", length) + b"x")


@given(st.lists(SERVED.map(encode_served)))
def test_joining_output_changes_neither_bytes_nor_order(messages):
    def flat(several):
        told, shown = [], b""
        for frame in map(decode_served, several):
            match frame:
                case Output(data):
                    shown += data
                case _:
                    told.append((len(shown), frame))
        return shown, told

    joined = list(merged(messages))
    assert flat(joined) == flat(messages)
    outputs = [message[0] == frames.DATA for message in joined]
    assert not any(a and b for a, b in pairwise(outputs))
