"""Docker's json-file log: one JSON object for each line of output, bounded in size."""

from __future__ import annotations

import os
import time
from json.encoder import encode_basestring

LINE = 16384  # Docker's own bound: a longer line is written in parts.


class Log:
    """log.json; when full it becomes log.json.1 and begins anew."""

    def __init__(self, path: str, size: int) -> None:
        self._path, self._size = path, size
        self._file = _open(path)
        self._written = os.fstat(self._file).st_size
        self._partial: dict[str, bytearray] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Output of "stdout" or "stderr" as it came; a line without its end waits for it."""
        waiting = self._partial.setdefault(stream, bytearray())
        waiting += data
        lines = []
        tail = f',"stream":"{stream}","time":"{now()}"}}\n'.encode()
        while (end := waiting.find(b"\n", 0, LINE)) >= 0 or len(waiting) >= LINE:
            length = end + 1 if end >= 0 else LINE
            lines.append(_entry(bytes(waiting[:length]), tail))
            del waiting[:length]
        if lines:
            self._put(b"".join(lines))

    def close(self) -> None:
        """Write what waits for its end of line, and let go of the file."""
        for stream, waiting in self._partial.items():
            if waiting:
                tail = f',"stream":"{stream}","time":"{now()}"}}\n'.encode()
                self._put(_entry(bytes(waiting), tail))
        self._partial.clear()
        os.close(self._file)

    def _put(self, lines: bytes) -> None:
        if self._written and self._written + len(lines) > self._size:
            self._rotate()
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
            os.replace(self._path, f"{self._path}.1")  # noqa: PTH105 pathlib is one more import
            fresh = _open(self._path)
        except OSError:
            return
        os.close(self._file)
        self._file, self._written = fresh, 0


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
