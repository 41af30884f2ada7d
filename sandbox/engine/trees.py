"""Directories that a container has filled, seen from the host: as deep as it likes, and changing.

No way down is by a path, which the container could turn into a link, and none by a descriptor or a
stack frame for each level, of which it could use up all.
"""

from __future__ import annotations

import itertools
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress

DEEPEST = 256  # Levels below which nothing is counted.
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(path: str | os.PathLike[str]) -> list[str]:
    """Delete the directory with all that is in it; what would not go, with the reason. Blocks.

    Precondition: nobody makes anything in it any more.
    """
    try:
        top = os.open(path, _DIRECTORY)
    except FileNotFoundError:
        return []
    try:
        left = _emptied(top)
    finally:
        os.close(top)
    if not left:
        os.rmdir(path)  # noqa: PTH106 as the rest
    return left


def _emptied(top: int) -> list[str]:
    """Every directory is moved up to the top before its own is removed: the depth never counts."""
    left: dict[str, str] = {}
    token = secrets.token_hex(8)  # No name that anybody could have chosen before.
    names_up = (f".{token}-{number}" for number in itertools.count())
    while names := [name for name in os.listdir(top) if name not in left]:
        for name in names:
            try:
                _take(top, name, names_up)
            except OSError as error:
                left[name] = f"{name}: {error.strerror}"
    return list(left.values())


def _take(top: int, name: str, names_up: Iterator[str]) -> None:
    if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=top)
        return
    directory = os.open(name, _DIRECTORY, dir_fd=top)
    try:
        for inner in os.listdir(directory):  # noqa: PTH208 - a descriptor
            if stat.S_ISDIR(os.stat(inner, dir_fd=directory, follow_symlinks=False).st_mode):
                os.rename(inner, next(names_up), src_dir_fd=directory, dst_dir_fd=top)
            else:
                os.unlink(inner, dir_fd=directory)
    finally:
        os.close(directory)
    os.rmdir(name, dir_fd=top)


def size(path: str | os.PathLike[str]) -> int:
    """Bytes of the files in it, each once, down to DEEPEST levels. Blocks."""
    sizes: dict[tuple[int, int], int] = {}
    with suppress(FileNotFoundError):
        _measure(os.open(path, _DIRECTORY), sizes, 0)
    return sum(sizes.values())


def _measure(directory: int, sizes: dict[tuple[int, int], int], depth: int) -> None:
    try:
        for name in os.listdir(directory):
            # It may go, or become something else, while we count.
            with suppress(FileNotFoundError, NotADirectoryError):
                found = os.stat(name, dir_fd=directory, follow_symlinks=False)
                if not stat.S_ISDIR(found.st_mode):
                    sizes[found.st_dev, found.st_ino] = found.st_size
                elif depth < DEEPEST:
                    _measure(os.open(name, _DIRECTORY, dir_fd=directory), sizes, depth + 1)
    finally:
        os.close(directory)
