"""What a container wrote: Docker's json-file log, read by line from any point, and followed.

The shim writes log.json, one object to a line: {"log": ..., "stream": ..., "time": ...}.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Self

from sandbox.engine.clock import nanoseconds
from sandbox.kernel.inotify import IN, inotify_add_watch, inotify_init1

FILE = "log.json"
_BLOCK = 1 << 16
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: a line, or a piece of a long one."""

    stream: str  # stdout or stderr
    time: str  # RFC 3339
    text: bytes
    attributes: dict[str, str]  # As --log-opt asked for.


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries to read."""

    streams: frozenset[str]
    since: int = 0  # nanoseconds
    until: int = 0  # nanoseconds, 0 is no end
    tail: int | None = None  # The last so many entries, None for all.
    follow: bool = False


async def read(
    file: Path, asked: Asked, running: Callable[[], bool], end: asyncio.Future[int]
) -> AsyncIterator[Line]:
    """The asked entries; with follow, new ones until the container has ended, or until `until`."""
    for older, tail in _older(file, asked.tail):
        async for line in _lines(older, replace(asked, tail=tail, follow=False), running, end):
            yield line
    async for line in _lines(file, asked, running, end):
        yield line


def _older(file: Path, tail: int | None) -> list[tuple[Path, int | None]]:
    """What a full log became, oldest first, and how many entries to read of each."""
    found: list[tuple[Path, int | None]] = []
    newer, older = file, file.with_name(f"{file.name}.1")
    while older.exists():
        if tail is not None:
            tail -= min(tail, _count(newer))
        found.append((older, tail))
        newer, older = older, file.with_name(f"{file.name}.{len(found) + 1}")
    return found[::-1]


async def _lines(
    file: Path, asked: Asked, running: Callable[[], bool], end: asyncio.Future[int]
) -> AsyncIterator[Line]:
    with _Tailed(file) as tailed:
        tailed.skip_to(asked.tail)
        while True:
            over = not asked.follow or not running()
            for line in tailed.entries():
                if asked.until and nanoseconds(line.time) > asked.until:
                    return
                if line.stream in asked.streams and nanoseconds(line.time) >= asked.since:
                    yield line
            if over or not await tailed.more(end, asked.until):
                return


class _Tailed:
    """A log file that is read while it grows, also past its being renamed when full."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed = asyncio.Event()
        self._inotify = inotify_init1(IN.CLOEXEC | IN.NONBLOCK)
        self._opened = _open(file)
        self._rest = b""

    def __enter__(self) -> Self:
        # The directory: a file that is renamed or made anew stays in sight.
        inotify_add_watch(self._inotify, str(self._file.parent), IN.MODIFY | IN.CREATE)
        asyncio.get_running_loop().add_reader(self._inotify, self._notice)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._inotify)
        os.close(self._inotify)
        self._opened.close()

    def skip_to(self, tail: int | None) -> None:
        """Begin with the last so many entries."""
        if tail is not None:
            self._opened.seek(_tail_offset(self._opened, tail))

    def entries(self) -> Iterator[Line]:
        """Whole entries, as far as they are written."""
        while block := self._opened.read(_BLOCK) or self._next_file():
            *lines, self._rest = (self._rest + block).split(b"\n")
            for line in lines:
                if parsed := _parsed(line):
                    yield parsed

    async def more(self, end: asyncio.Future[int], until: int) -> bool:
        """Wait for new entries or the end; False when until comes first."""
        patience = (until - time.time_ns()) / _SECOND if until else None
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            done, _ = await asyncio.wait(
                (changing, end), timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            changing.cancel()
        self._changed.clear()
        return bool(done)

    def _notice(self) -> None:
        os.read(self._inotify, _BLOCK)
        self._changed.set()

    def _next_file(self) -> bytes:
        """The first block of the file that has taken this one's place."""
        there = _open(self._file)
        if _identity(there) in (None, _identity(self._opened)):
            there.close()
            return b""
        self._opened.close()
        self._opened = there
        return there.read(_BLOCK)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except FileNotFoundError:
        return BytesIO()  # Not started yet.


def _identity(opened: BinaryIO) -> tuple[int, int] | None:
    if isinstance(opened, BytesIO):
        return None
    status = os.fstat(opened.fileno())
    return status.st_dev, status.st_ino


def _count(file: Path) -> int:
    with _open(file) as opened:
        return sum(block.count(b"\n") for block in iter(lambda: opened.read(_BLOCK), b""))


def _parsed(line: bytes) -> Line | None:
    try:
        entry = json.loads(line)
        text = str(entry["log"]).encode("utf-8", "surrogateescape")
        attributes = {str(k): str(v) for k, v in entry.get("attrs", {}).items()}
        return Line(str(entry["stream"]), str(entry["time"]), text, attributes)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # A line that a power cut tore.


def _tail_offset(opened: BinaryIO, count: int) -> int:
    """Where the last count lines begin."""
    position = opened.seek(0, os.SEEK_END)
    if count <= 0:
        return position
    missing = count + 1  # The last line ends with a newline too.
    while position > 0:
        size = min(_BLOCK, position)
        position -= size
        opened.seek(position)
        block = opened.read(size)
        found = block.count(b"\n")
        if found < missing:
            missing -= found
            continue
        index = len(block)
        for _ in range(missing):
            index = block.rindex(b"\n", 0, index)
        return position + index + 1
    return 0
