"""DNS messages against the reader that the courier has, which was held against real servers."""

from __future__ import annotations

import struct

import pytest

from sandbox.courier import names
from sandbox.resolver import messages


def test_an_answer_is_what_another_reader_reads():
    asked = messages.question(names.question(7, "Web.N1", "A"))
    assert asked is not None
    assert asked.name == "web.n1"
    values = [messages.address("10.5.0.2"), messages.address("10.5.0.3")]
    read = names.answer(messages.answered(asked, values), 7)
    assert read == names.Answer(0, ("10.5.0.2", "10.5.0.3"))


def test_the_way_back():
    asked = messages.question(names.question(7, "2.0.5.10.in-addr.arpa", "PTR"))
    assert asked is not None
    assert messages.reversed_address(asked.name) == "10.5.0.2"
    read = names.answer(messages.answered(asked, [messages.pointer("web.n1")]), 7)
    assert read == names.Answer(0, ("web.n1",))


def test_what_does_not_fit_is_left_out_and_that_is_said():
    asked = messages.question(names.question(7, "pool", "A"))
    assert asked is not None
    data = messages.answered(asked, [messages.address(f"10.5.0.{n}") for n in range(99)])
    assert len(data) <= messages.MOST
    assert struct.unpack_from("!H", data, 2)[0] & 0x200
    read = names.answer(data, 7)
    assert read is not None
    assert 20 < len(read.values) < 99


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 11,
        struct.pack("!HHHHHH", 7, 0x100, 0, 0, 0, 0),  # No question,
        struct.pack("!HHHHHH", 7, 0x100, 2, 0, 0, 0) + b"\1a\0\0\1\0\1" * 2,  # two,
        struct.pack("!HHHHHH", 7, 0x8100, 1, 0, 0, 0) + b"\1a\0\0\1\0\1",  # an answer,
        struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\5a\0\0\1\0\1",  # a label cut short,
        struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",  # a pointer to itself,
        struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\1a\0\0\1",  # no class,
        struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\1a" * 200,  # no end.
    ],
)
def test_nonsense_is_no_question(data):
    assert messages.question(data) is None
