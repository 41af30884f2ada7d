"""One process's directory in /proc, held open, so that a recycled pid cannot answer in its place.

Every reader here may raise FileNotFoundError or ProcessLookupError: the process has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

STATUS_LIMIT = 1 << 20  # 65 536 supplementary groups make a status file of 700 KB.
_CHUNK = 1 << 16


@contextmanager
def pinned(pid: int) -> Iterator[int]:
    """The O_PATH descriptor of /proc/PID; lookups below it fail once that very process is gone."""
    directory = os.open(f"/proc/{pid}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield directory
    finally:
        os.close(directory)


def read(directory: int, name: str, limit: int) -> bytes:
    """The first limit bytes of a file."""
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    try:
        data = os.read(descriptor, min(limit, _CHUNK))
        if not data or len(data) >= limit:
            return data
        chunks = [data]
        left = limit - len(data)
        while left > 0 and (data := os.read(descriptor, min(left, _CHUNK))):
            chunks.append(data)
            left -= len(data)
        return b"".join(chunks)
    finally:
        os.close(descriptor)


def link(directory: int, name: str) -> str:
    """The target of a link, "" where the kernel shows none (zombie, kernel thread)."""
    try:
        return text(os.readlink(os.fsencode(name), dir_fd=directory))
    except OSError:
        return ""


def namespace(directory: int, kind: str) -> int:
    """The inode of one of the process's namespaces, 0 where the kernel shows none."""
    target = link(directory, f"ns/{kind}")
    return int(target[target.index("[") + 1 : -1]) if target else 0


def start_of(directory: int) -> int:
    """Clock ticks since boot at which the process started."""
    # From the last parenthesis: the name before it may hold any byte, parentheses included.
    return int(read(directory, "stat", _CHUNK).rpartition(b")")[2].split()[19])


def text(data: bytes) -> str:
    r"""Bytes that a learner chose, as clean Unicode: what is not UTF-8 shows as \xff."""
    return data.decode("utf-8", "backslashreplace")
