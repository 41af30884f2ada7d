"""A question to a name server and its answer, RFC 1035: A, AAAA, CNAME, TXT and PTR."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28}
_HEAD = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")  # type, class, time to live, length
_RECURSION, _RESPONSE, _IN = 0x0100, 0x8000, 1
_POINTER = 0xC0
_MOST_JUMPS = 32
_MOST_LABEL = 63


@dataclass(frozen=True, slots=True)
class Answer:
    """code: 0 no error, 3 no such name; values in the order in which they came."""

    code: int
    values: tuple[str, ...]


def question(number: int, name: str, kind: str) -> bytes:
    """One query datagram. ValueError: no such kind, or a label that is empty or too long."""
    if kind not in TYPES:
        raise ValueError(f"{kind}: no such kind of record")
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    if not all(0 < len(label) <= _MOST_LABEL for label in labels):
        raise ValueError(f"{name}: not a name")
    packed = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    head = _HEAD.pack(number, _RECURSION, 1, 0, 0, 0)
    return head + packed + struct.pack("!HH", TYPES[kind], _IN)


def answer(data: bytes, number: int) -> Answer | None:
    """The answer in a datagram; None when it belongs to another question. ValueError: nonsense."""
    try:
        told, flags, questions, answers, _, _ = _HEAD.unpack_from(data)
        if told != number or not flags & _RESPONSE:
            return None
        at = _HEAD.size
        for _ in range(questions):
            at = _name(data, at)[1] + 4
        values = []
        for _ in range(answers):
            at = _name(data, at)[1]
            kind, _, _, length = _RECORD.unpack_from(data, at)
            at += _RECORD.size
            values.append(_value(data, kind, at, length))
            at += length
    except (struct.error, IndexError) as error:
        raise ValueError("cut short") from error
    return Answer(flags & 0xF, tuple(value for value in values if value))


def _value(data: bytes, kind: int, at: int, length: int) -> str:
    raw = data[at : at + length]
    if len(raw) != length:
        raise ValueError("cut short")
    if kind in (TYPES["A"], TYPES["AAAA"]):
        return str(ipaddress.ip_address(raw))
    if kind in (TYPES["CNAME"], TYPES["PTR"]):
        return _name(data, at)[0]
    if kind == TYPES["TXT"]:
        return raw[1 : 1 + raw[0]].decode("ascii", "backslashreplace")
    return ""


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A name that may be compressed, and where what follows it begins."""
    labels: list[str] = []
    after = 0
    for _ in range(_MOST_JUMPS):
        length = data[at]
        if length >= _POINTER:
            after = after or at + 2
            at = (length & ~_POINTER) << 8 | data[at + 1]
        elif length:
            labels.append(data[at + 1 : at + 1 + length].decode("ascii", "backslashreplace"))
            at += 1 + length
        else:
            return ".".join(labels), after or at + 1
    raise ValueError("a name without an end")
