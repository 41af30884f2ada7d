"""The size of a directory tree that a hostile learner may have built."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from sandbox.kernel.openat2 import RESOLVE, openat2

MAX_ENTRIES = 50_000
MAX_DEPTH = 64

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NOATIME | os.O_CLOEXEC
# NO_XDEV: a mount below the tree is another tree, and may be one that never answers.
_STAY = RESOLVE.BENEATH | RESOLVE.NO_XDEV | RESOLVE.NO_SYMLINKS


class TooMuch(Exception):
    """The tree is larger than is worth reading; the text says in which way."""


def tree_size(top: int, *, deadline: float) -> int:
    """The bytes of all files below an open directory, each inode once, on its own mount only.

    The files' own sizes, not blocks, so that the number is the same on every file system.
    deadline: CLOCK_MONOTONIC. Raises TooMuch.
    """
    tally = _Tally(deadline)
    tally.enter(top, depth=0)
    return tally.size


@dataclass(slots=True)
class _Tally:
    deadline: float
    size: int = 0
    entries: int = 0
    linked: set[tuple[int, int]] = field(default_factory=set)

    def enter(self, directory: int, *, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise TooMuch(f"deeper than {MAX_DEPTH} directories")
        with os.scandir(directory) as entries:
            for entry in entries:
                self._count()
                try:
                    self._add(directory, entry, depth)
                except OSError:
                    continue  # Removed or replaced while we look, or a mount point.

    def _count(self) -> None:
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise TooMuch(f"more than {MAX_ENTRIES} entries")
        if time.monotonic() > self.deadline:
            raise TooMuch("takes too long")

    def _add(self, directory: int, entry: os.DirEntry[str], depth: int) -> None:
        if entry.is_dir(follow_symlinks=False):
            child = openat2(directory, entry.name, _OPEN, resolve=_STAY)
            try:
                self.enter(child, depth=depth + 1)
            finally:
                os.close(child)
        elif entry.is_file(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            inode = (status.st_dev, status.st_ino)
            if inode in self.linked:
                return
            if status.st_nlink > 1:
                self.linked.add(inode)
            self.size += status.st_size
