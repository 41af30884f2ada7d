"""`terrarium.terminal.v1` on a stream: each WebSocket message behind its length, u32 big-endian."""

from __future__ import annotations

import struct

INPUT = OUTPUT = 0
RESIZE = 1
ACKNOWLEDGE = 2
HELLO = WELCOME = 3
EXITED = 4

MOST = 1 << 20  # bytes of one frame from a client
LENGTH = struct.Struct(">I")
SIZE = struct.Struct(">HH")
COUNT = struct.Struct(">I")
OFFSET = struct.Struct(">Q")
_WELCOME = struct.Struct(">BQHHH")
_EXITED = struct.Struct(">Bi")
_STREAMS = {"stdout": 1, "stderr": 2}
_MULTIPLEXED = struct.Struct(">BxxxI")


class BadFrame(ValueError):
    """The client does not speak the protocol."""


def multiplexed(stream: str, size: int) -> bytes:
    """The header of Docker's own frames: output without a terminal."""
    return _MULTIPLEXED.pack(_STREAMS[stream], size)


def framed(payload: bytes) -> bytes:
    """A payload behind its length."""
    return LENGTH.pack(len(payload)) + payload


def output(data: bytes) -> bytes:
    """Terminal output."""
    return LENGTH.pack(len(data) + 1) + b"\x00" + data


def welcome(offset: int, columns: int, rows: int, viewers: int) -> bytes:
    """Where the replay starts, the size in force, and how many look on."""
    return framed(_WELCOME.pack(WELCOME, offset, columns, rows, viewers))


def exited(status: int) -> bytes:
    """The program's exit status."""
    return framed(_EXITED.pack(EXITED, status))


def split(received: bytearray) -> list[bytes]:
    """Take the whole frames out of received. Raises BadFrame for an empty or oversized one."""
    frames: list[bytes] = []
    while len(received) >= LENGTH.size:
        (length,) = LENGTH.unpack_from(received)
        if not 0 < length <= MOST:
            raise BadFrame(f"a frame of {length} bytes")
        if len(received) < LENGTH.size + length:
            break
        frames.append(bytes(received[LENGTH.size : LENGTH.size + length]))
        del received[: LENGTH.size + length]
    return frames


def number(fields: struct.Struct, frame: bytes) -> tuple[int, ...]:
    """The numbers behind the type byte. Raises BadFrame when there are too few or too many."""
    if len(frame) != 1 + fields.size:
        raise BadFrame(f"frame type {frame[0]} with {len(frame)} bytes")
    return fields.unpack_from(frame, 1)
