"""Small shims, named for how they behave: what a terminal's other end does to the web process."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress

from sandbox.terminal.frames import (
    Ack,
    Exited,
    Hello,
    Input,
    Output,
    Resize,
    Welcome,
    decode,
    encode_served,
    pack,
    unpack,
)

WINDOW = 128 * 1024
RING = 256 * 1024
CHUNK = 4096


# Its length is a prime above the ring's: no two places within a ring look alike.
_PATTERN = random.Random(7).randbytes(999_983)


def pattern(start: int, end: int) -> bytes:
    """Bytes start to end of an endless output."""
    first = start % len(_PATTERN)
    repeats = (first + end - start) // len(_PATTERN) + 1
    return (_PATTERN * repeats)[first : first + end - start]


class PatternShim:
    """Writes a known output of `length` bytes as fast as credit allows; byte n never changes."""

    def __init__(self, length: int = 1 << 40, *, chunk: int = CHUNK) -> None:
        self.length = length
        self.chunk = chunk
        self.produced = 0
        self.heard: list[Input | Resize | Ack | Hello] = []
        self.unacknowledged_most = 0
        self.viewers = 0
        self.hearing = asyncio.Event()

    async def connect(self, *_lease_and_name: object, fresh: bool = False):
        """What sandbox.session.terminals.open_stream returns."""
        ours, theirs = socket.socketpair()
        self._task = asyncio.create_task(self._accept(ours))
        try:
            return await asyncio.open_unix_connection(sock=theirs, limit=1 << 18)
        except BaseException:
            theirs.close()
            raise

    async def _accept(self, ours: socket.socket) -> None:
        await self.serve(*await asyncio.open_unix_connection(sock=ours))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.viewers += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._serve(reader, writer)
        finally:
            self.viewers -= 1
            writer.close()

    async def has_heard(self, count: int) -> None:
        """Wait until so many frames have come; a deadline, never a measurement."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                self.hearing.clear()
                await self.hearing.wait()

    async def _serve(self, reader, writer) -> None:
        buffer, sent, acked = b"", None, 0
        while True:
            if sent is not None:
                while sent < self.length and sent - acked < WINDOW:
                    end = min(sent + self.chunk, self.length)
                    writer.write(pack(encode_served(Output(pattern(sent, end)))))
                    sent = end
                    self.produced = max(self.produced, sent)
                    self.unacknowledged_most = max(self.unacknowledged_most, sent - acked)
                    await writer.drain()
            data = await reader.read(65536)
            if not data:
                return
            messages, taken = unpack(buffer + data)
            buffer = (buffer + data)[taken:]
            for message in messages:
                frame = decode(message)
                self.heard.append(frame)
                self.hearing.set()
                if isinstance(frame, Ack):
                    acked += frame.count
                if isinstance(frame, Hello):
                    sent = acked = max(frame.offset, self.produced - RING)
                    writer.write(pack(encode_served(Welcome(sent, 80, 24, self.viewers))))


class EndingShim(PatternShim):
    """Says that the shell has ended, and hangs up."""

    async def _serve(self, reader, writer) -> None:
        await reader.read(1)
        writer.write(pack(encode_served(Exited(3))))
        await writer.drain()


class DeafShim(PatternShim):
    """Welcomes, and never reads what the browser types."""

    async def _serve(self, reader, writer) -> None:
        writer.write(pack(encode_served(Welcome(0, 80, 24, 1))))
        await asyncio.Event().wait()


class VanishingShim(PatternShim):
    """Is gone as soon as it is reached."""

    async def _serve(self, reader, writer) -> None:
        return


class BabblingShim(PatternShim):
    """Sends a length that no message has."""

    async def _serve(self, reader, writer) -> None:
        await reader.read(1)
        writer.write(b"\xff\xff\xff\xff" + b"x" * 100)
        await reader.read()
