"""Walking and removing directories of cgroupfs that a learner may make deep, many and short-lived.

Version 1 bounds neither their number nor their depth: so nothing here recurses, and removal names
no path longer than one component.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator

_ATTEMPTS = 50
_PAUSE = 0.005  # seconds
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def below(directory: str) -> Iterator[str]:
    """A directory and all below it, parents first, without what vanishes or has too long a path."""
    waiting = [directory]
    while waiting:
        path = waiting.pop()
        try:
            children = _children(path)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENODEV, errno.ENAMETOOLONG):
                raise
            continue
        yield path
        waiting += (f"{path}/{child}" for child in reversed(children))


def remove(directory: str) -> list[str]:
    """Removes a directory and all below it, deepest first; the paths of those that stayed."""
    parent, name = directory.rsplit("/", 1)
    left: list[str] = []
    way, waiting = [parent], [[name]]  # Where we are; what is to be visited on each step of it.
    here = os.open(parent, _DIRECTORY) if os.path.isdir(parent) else -1  # noqa: PTH112 hot path
    if here < 0:
        return left
    try:
        while waiting:
            if waiting[-1]:
                here = _enter(here, way, waiting)
                continue
            waiting.pop()
            if len(way) > 1:
                here = _reopen(here, "..")
                path = "/".join(way)
                if not _removed(here, way[-1], attempts=1 if _holds(path, left) else _ATTEMPTS):
                    left.append(path)
            way.pop()
    finally:
        os.close(here)
    return left


def _enter(here: int, way: list[str], waiting: list[list[str]]) -> int:
    name = waiting[-1].pop()
    try:
        here = _reopen(here, name)
    except FileNotFoundError:
        return here
    way.append(name)
    waiting.append(_children(here))
    return here


def _reopen(here: int, name: str) -> int:
    there = os.open(name, _DIRECTORY, dir_fd=here)
    os.close(here)
    return there


def _holds(path: str, left: list[str]) -> bool:
    return any(item.startswith(f"{path}/") for item in left)


def _children(directory: str | int) -> list[str]:
    with os.scandir(directory) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))


def _removed(parent: int, name: str, *, attempts: int) -> bool:
    for _ in range(attempts):
        try:
            os.rmdir(name, dir_fd=parent)
        except FileNotFoundError:
            return True
        except OSError as error:
            # EBUSY for a moment after the last process: the kernel still lets go of its tasks.
            if error.errno != errno.EBUSY:
                raise
            time.sleep(_PAUSE)
        else:
            return True
    return False
