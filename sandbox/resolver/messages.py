"""DNS messages, RFC 1035: one question in, A and PTR answers out."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

A, PTR, AAAA = 1, 12, 28
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 1, 2, 3
_HEAD = struct.Struct("!HHHHHH")
_KIND = struct.Struct("!HH")
_RECORD = struct.Struct("!HHHIH")  # pointer to the question's name, type, class, seconds, length
_RESPONSE, _TRUNCATED, _RECURSION_ASKED, _RECURSION_HERE = 0x8000, 0x200, 0x100, 0x80
_OPCODE = 0x7800
_IN = 1
_THE_NAME = 0xC000 | _HEAD.size
_SECONDS = 600  # Docker's.
_MOST_LABEL = 63
MOST = 512  # bytes of a datagram


@dataclass(frozen=True, slots=True)
class Question:
    """The one question of a message."""

    number: int
    flags: int
    name: str  # In lower case, without the last dot.
    kind: int
    raw: bytes  # Name, type and class as they came.


def question(data: bytes) -> Question | None:
    """None: not a query of one question, to which nothing can be answered."""
    try:
        number, flags, count, *_ = _HEAD.unpack_from(data)
        if flags & (_RESPONSE | _OPCODE) or count != 1:
            return None
        labels, at = [], _HEAD.size
        while length := data[at]:
            label = data[at + 1 : at + 1 + length]
            if length > _MOST_LABEL or len(label) != length:
                return None
            labels.append(label.decode("ascii", "replace").lower())
            at += 1 + length
        kind, _ = _KIND.unpack_from(data, at + 1)
    except (struct.error, IndexError):
        return None
    raw = data[_HEAD.size : at + 1 + _KIND.size]
    return Question(number, flags, ".".join(labels), kind, raw)


def answered(asked: Question, values: Sequence[bytes], *, most: int = MOST) -> bytes:
    """Records of the question's own kind; those beyond most bytes are left out, and it says so."""
    flags, body, count = _RESPONSE | _RECURSION_HERE, b"", 0
    for value in values:
        record = _RECORD.pack(_THE_NAME, asked.kind, _IN, _SECONDS, len(value)) + value
        if _HEAD.size + len(asked.raw) + len(body) + len(record) > most:
            flags |= _TRUNCATED
            break
        body, count = body + record, count + 1
    return _head(asked, flags, count) + asked.raw + body


def failed(asked: Question, code: int) -> bytes:
    """An answer without records."""
    return _head(asked, _RESPONSE | _RECURSION_HERE | code, 0) + asked.raw


def address(text: str) -> bytes:
    """The value of an A record."""
    return socket.inet_aton(text)


def pointer(name: str) -> bytes:
    """The value of a PTR record."""
    labels = (label.encode("ascii", "replace")[:_MOST_LABEL] for label in name.split("."))
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def reversed_address(name: str) -> str:
    """The address in 2.0.5.10.in-addr.arpa, "" where there is none."""
    parts = name.removesuffix(".in-addr.arpa").split(".")
    right = name.endswith(".in-addr.arpa") and all(part.isdecimal() for part in parts)
    return ".".join(reversed(parts)) if right else ""


def _head(asked: Question, flags: int, count: int) -> bytes:
    kept = asked.flags & _RECURSION_ASKED
    return _HEAD.pack(asked.number, flags | kept, 1, count, 0, 0)
