"""Docker's json-file log: one JSON object for each line of output, bounded in size."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from json.encoder import encode_basestring
from typing import Any

LINE = 16384  # Docker's own bound: a longer line is written in parts.


class Log:
    """log.json; when full it becomes log.json.1, that one log.json.2, and it begins anew.

    size 0 is no limit; attributes are said of every line.
    """

    def __init__(
        self, path: str, size: int, files: int = 2, attributes: dict[str, str] | None = None
    ) -> None:
        self._path, self._size, self._files = path, size, files
        self._attributes = f',"attrs":{json.dumps(attributes)}' if attributes else ""
        self._file = _open(path)
        self._written = os.fstat(self._file).st_size
        self._partial: dict[str, bytearray] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Output of "stdout" or "stderr" as it came; a line without its end waits for it."""
        waiting = self._partial.setdefault(stream, bytearray())
        waiting += data
        lines = []
        tail = self._tail(stream)
        while (end := waiting.find(b"\n", 0, LINE)) >= 0 or len(waiting) >= LINE:
            length = end + 1 if end >= 0 else LINE
            lines.append(_entry(bytes(waiting[:length]), tail))
            del waiting[:length]
        if lines:
            self._put(lines)

    def close(self) -> None:
        """Write what waits for its end of line, and let go of the file."""
        for stream, waiting in self._partial.items():
            if waiting:
                self._put([_entry(bytes(waiting), self._tail(stream))])
        self._partial.clear()
        os.close(self._file)

    def _tail(self, stream: str) -> bytes:
        return f',"stream":"{stream}"{self._attributes},"time":"{now()}"}}\n'.encode()

    def _put(self, lines: list[bytes]) -> None:
        together = b"".join(lines)
        if not self._size or self._written + len(together) <= self._size:
            self._append(together)
            return
        for line in lines:
            if self._written >= self._size:  # As in Docker, a file is full with the line too much.
                self._rotate()
            self._append(line)

    def _append(self, lines: bytes) -> None:
        try:
            written = os.write(self._file, lines)
            if written < len(lines):  # Half a line would spoil the one after it.
                os.ftruncate(self._file, self._written)
                return
        except OSError:
            # A full host disk loses log lines, not the container; `docker logs` shows the gap.
            return
        self._written += written

    def _rotate(self) -> None:
        # In this order: whatever is refused, there is a file to go on with.
        try:
            for number in range(self._files - 1, 0, -1):
                newer = f"{self._path}.{number - 1}" if number > 1 else self._path
                with suppress(FileNotFoundError):
                    os.replace(newer, f"{self._path}.{number}")  # noqa: PTH105 one more import
            if self._files == 1:
                os.unlink(self._path)  # noqa: PTH108 one more import
            fresh = _open(self._path)
        except OSError:
            return
        os.close(self._file)
        self._file, self._written = fresh, 0


def begun(directory: str, kept: dict[str, Any] | None) -> Log | None:
    """The log of a container, as the engine wants it kept; None for not at all."""
    return Log(f"{directory}/log.json", **kept) if kept else None


def _entry(raw: bytes, tail: bytes) -> bytes:
    # One time for each read and no dict: a line at a time through json.dumps took 0.5 MB/s.
    return b'{"log":' + encode_basestring(raw.decode(errors="replace")).encode() + tail


def now() -> str:
    """RFC 3339 with nanoseconds, UTC."""
    nanoseconds = time.time_ns()
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


def _open(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
