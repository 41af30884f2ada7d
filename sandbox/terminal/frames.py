"""The protocol `terrarium.terminal.v1`: a WebSocket message is a frame, its first byte its kind.

Between the web process and the shim each message travels as `u32 big-endian length | message`.
Numbers are big-endian. Output and input are bytes of the terminal, never text.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUBPROTOCOL: Final = "terrarium.terminal.v1"
MAX_MESSAGE: Final = 1 << 20
# Larger than any screen; a pty takes 65535 and programs then allocate what they are told.
MAX_COLUMNS: Final = 1000
MAX_ROWS: Final = 500

DATA: Final = 0x00
RESIZE: Final = 0x01
ACK: Final = 0x02
HELLO: Final = 0x03  # and the server's welcome
EXITED: Final = 0x04
NOTICE: Final = 0x05

_LENGTH = struct.Struct(">I")
_RESIZE = struct.Struct(">BHH")
_ACK = struct.Struct(">BI")
_HELLO = struct.Struct(">BQ")
_WELCOME = struct.Struct(">BQHHH")
_EXITED = struct.Struct(">Bi")
_NOTICE = struct.Struct(">BH")


class BadFrame(ValueError):
    """Bytes that are no frame of this protocol; the message says which rule they break."""


@dataclass(frozen=True, slots=True)
class Input:
    """Bytes for the terminal, as typed or pasted."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    """The size of the browser's terminal, in cells."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Ack:
    """The emulator has parsed so many more bytes of output."""

    count: int


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of a browser: how many bytes of output it has seen, 0 for none."""

    offset: int


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes that the terminal's programs have written."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to Hello: output goes on at `offset`; a larger one than asked for means a gap."""

    offset: int
    columns: int
    rows: int
    viewers: int


@dataclass(frozen=True, slots=True)
class Exited:
    """The shell has ended with this status; a negative one is the signal that ended it."""

    status: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something beside the terminal's bytes, with its particulars as JSON."""

    code: int
    detail: Mapping[str, Any]


FromClient = Input | Resize | Ack | Hello
FromServer = Output | Welcome | Exited | Notice


def decode(message: bytes) -> FromClient:
    """A browser's message. Raises BadFrame."""
    if not message:
        raise BadFrame("a message without a kind")
    match message[0]:
        case 0x00:
            return Input(message[1:])
        case 0x01:
            return _resize(*_fields(_RESIZE, message))
        case 0x02:
            return Ack(*_fields(_ACK, message))
        case 0x03:
            return Hello(*_fields(_HELLO, message))
        case kind:
            raise BadFrame(f"kind {kind:#04x} is not a browser's")


def decode_served(message: bytes) -> FromServer:
    """A message for the browser. Raises BadFrame."""
    if not message:
        raise BadFrame("a message without a kind")
    match message[0]:
        case 0x00:
            return Output(message[1:])
        case 0x03:
            return Welcome(*_fields(_WELCOME, message))
        case 0x04:
            return Exited(*_fields(_EXITED, message))
        case 0x05:
            return _notice(message)
        case kind:
            raise BadFrame(f"kind {kind:#04x} is not a server's")


def encode(frame: FromClient) -> bytes:
    """A browser's frame as one message."""
    match frame:
        case Input(data):
            return b"\x00" + data
        case Resize(columns, rows):
            return _RESIZE.pack(RESIZE, columns, rows)
        case Ack(count):
            return _ACK.pack(ACK, count)
        case Hello(offset):  # pragma: no branch - the union is exhausted
            return _HELLO.pack(HELLO, offset)


def encode_served(frame: FromServer) -> bytes:
    """A frame for the browser as one message."""
    match frame:
        case Output(data):
            return b"\x00" + data
        case Welcome(offset, columns, rows, viewers):
            return _WELCOME.pack(HELLO, offset, columns, rows, viewers)
        case Exited(status):
            return _EXITED.pack(EXITED, status)
        case Notice(code, detail):  # pragma: no branch - as above
            return _NOTICE.pack(NOTICE, code) + json.dumps(detail, ensure_ascii=False).encode()


def pack(message: bytes) -> bytes:
    """The message as it travels to and from the shim."""
    return _LENGTH.pack(len(message)) + message


def unpack(data: bytes | bytearray | memoryview) -> tuple[list[bytes], int]:
    """The whole messages at the front of data, and how many bytes they take. Raises BadFrame."""
    messages = []
    start, end = 0, len(data)
    while end - start >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(data, start)
        if not 0 < length <= MAX_MESSAGE:
            raise BadFrame(f"a length of {length} bytes")
        after = start + _LENGTH.size + length
        if after > end:
            break
        messages.append(bytes(data[start + _LENGTH.size : after]))
        start = after
    return messages, start


def merged(messages: list[bytes]) -> Iterable[bytes]:
    """The same frames with neighbouring output joined: fewer, larger WebSocket messages."""
    if len(messages) <= 1:
        return messages
    joined: list[list[bytes]] = []
    for message in messages:
        if message[0] == DATA and joined and joined[-1][0][0] == DATA:
            joined[-1].append(message[1:])
        else:
            joined.append([message])
    return [b"".join(parts) for parts in joined]


def _fields(layout: struct.Struct, message: bytes) -> tuple[int, ...]:
    if len(message) != layout.size:
        raise BadFrame(f"{len(message)} bytes where {layout.size} belong")
    return layout.unpack(message)[1:]


def _resize(columns: int, rows: int) -> Resize:
    if not columns or not rows:
        raise BadFrame("a terminal without a cell")
    return Resize(min(columns, MAX_COLUMNS), min(rows, MAX_ROWS))


def _notice(message: bytes) -> Notice:
    if len(message) < _NOTICE.size:
        raise BadFrame("a notice without a code")
    try:
        detail = json.loads(message[_NOTICE.size :])
    except (ValueError, RecursionError):
        raise BadFrame("a notice that is not JSON") from None
    if not isinstance(detail, dict):
        raise BadFrame("a notice that is not a JSON object")
    return Notice(_NOTICE.unpack_from(message)[1], detail)
