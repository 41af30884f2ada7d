"""A terminal's shim at the other end of a Unix socket: messages with their length in front.

Bounded both ways: the shim sends at most a window of unacknowledged output, and what it does not
take in is counted here; above BACKLOG the writer is told, and above MAX_BACKLOG refused.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from sandbox.terminal.frames import BadFrame, merged, pack, unpack

if TYPE_CHECKING:
    Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

# One turn of the loop reads at most this much of one terminal, so that a flood leaves room.
TURN_BYTES = 128 * 1024
BACKLOG = 256 * 1024
MAX_BACKLOG = 1 << 20

# Filled and emptied within one callback of the loop, so all streams share it: one each would be
# more than all the rest of an idle terminal.
_scratch = memoryview(bytearray(TURN_BYTES))


class Overflow(Exception):
    """The shim has not taken in what was sent before, and it is too much to keep."""


class Reader(Protocol):
    """Who is told what the shim does. None of these may wait."""

    def deliver(self, message: bytes) -> None:
        """One message has come; neighbouring output is joined."""

    def hold(self) -> None:
        """The shim is behind with its input."""

    def go_on(self) -> None:
        """The shim has caught up."""


class ShimStream(asyncio.BufferedProtocol):
    """One connection to a shim; `gone` is set when it has ended."""

    def __init__(self, streams: Streams, reader: Reader) -> None:
        # Kept because from Python 3.12 a forgotten StreamWriter closes its transport.
        self._writer = streams[1]
        self._reader = reader
        self._partial = bytearray()
        self.gone = asyncio.Event()
        transport = self._writer.transport
        if streams[0].at_eof() or transport.is_closing():
            self.gone.set()
        # Nothing is lost between the two protocols: a shim is silent until it hears Hello.
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=BACKLOG)
        self._transport = cast("asyncio.Transport", transport)
        self._transport.resume_reading()

    def send(self, message: bytes) -> None:
        """Write one message to the shim. Raises Overflow."""
        self._transport.write(pack(message))
        if self._transport.get_write_buffer_size() > MAX_BACKLOG:
            raise Overflow

    def close(self) -> None:
        """End the connection; safe to repeat."""
        self._transport.abort()

    def pause(self) -> None:
        """Leave what the shim sends in the socket: it stops by itself."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def get_buffer(self, _sizehint: int) -> memoryview:
        return _scratch

    def buffer_updated(self, nbytes: int) -> None:
        try:
            messages = self._whole(nbytes)
        except BadFrame:
            self.close()
            return
        for message in merged(messages):
            self._reader.deliver(message)

    def pause_writing(self) -> None:
        self._reader.hold()

    def resume_writing(self) -> None:
        self._reader.go_on()

    def connection_lost(self, _error: Exception | None) -> None:
        self.gone.set()

    def _whole(self, nbytes: int) -> list[bytes]:
        if not self._partial:
            messages, taken = unpack(_scratch[:nbytes])
            self._partial += _scratch[taken:nbytes]
            return messages
        self._partial += _scratch[:nbytes]
        messages, taken = unpack(self._partial)
        del self._partial[:taken]
        return messages
