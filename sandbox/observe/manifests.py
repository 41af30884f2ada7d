"""What is in a directory tree, entry by entry, so that two states of it can be compared.

One line per entry: kind, mode, owner, content, path. The content is a file's or a link's target's
sha256, a device's numbers, else "-"; times are left out. The path is last: it may hold blanks.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from hashlib import sha256

from sandbox.kernel.openat2 import RESOLVE, openat2
from sandbox.observe.procfs import text
from sandbox.observe.trees import MAX_DEPTH, TooMuch

MAX_LINES = 3000
MAX_BYTES = 16 << 20  # of all files that are read
_STAY = RESOLVE.BENEATH | RESOLVE.NO_XDEV | RESOLVE.NO_SYMLINKS
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOATIME | os.O_CLOEXEC
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


def manifest(top: int, *, deadline: float) -> tuple[str, ...]:
    """The lines of everything below an open directory, sorted by path; a mount there is one line.

    deadline: CLOCK_MONOTONIC. Raises TooMuch, also for a tree that changes while it is read.
    """
    reading = _Reading(deadline)
    reading.enter(top, b"", depth=0)
    return tuple(f"{line} {path}" for path, line in sorted(reading.lines.items()))


@dataclass(slots=True)
class _Reading:
    deadline: float
    bytes_left: int = MAX_BYTES
    lines: dict[str, str] = field(default_factory=dict)

    def enter(self, directory: int, above: bytes, *, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise TooMuch(f"deeper than {MAX_DEPTH} directories")
        with os.scandir(directory) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                try:
                    self._add(directory, name, above + name, depth)
                except OSError as failure:
                    raise TooMuch("changes while it is read") from failure

    def _add(self, directory: int, name: bytes, path: bytes, depth: int) -> None:
        if len(self.lines) == MAX_LINES:
            raise TooMuch(f"more than {MAX_LINES} entries")
        if time.monotonic() > self.deadline:
            raise TooMuch("takes too long")
        here = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if here.st_dev != os.fstat(directory).st_dev and stat.S_ISDIR(here.st_mode):
            self.lines[text(path)] = "mount - - -"
            return
        flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
        inode = openat2(directory, os.fsdecode(name), flags, resolve=_STAY)
        try:
            self._describe(inode, path, depth)
        finally:
            os.close(inode)

    def _describe(self, inode: int, path: bytes, depth: int) -> None:
        status = os.fstat(inode)
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "-")
        match kind:
            case "file":
                content = self._hash(inode, status.st_size)
            case "symlink":
                content = sha256(os.readlink(b"", dir_fd=inode)).hexdigest()
            case "char" | "block":
                content = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
            case _:
                content = "-"
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        self.lines[text(path)] = f"{kind} {mode} {status.st_uid}:{status.st_gid} {content}"
        if kind == "dir":
            below = os.open(f"/proc/self/fd/{inode}", _READ | os.O_DIRECTORY)
            try:
                self.enter(below, path + b"/", depth=depth + 1)
            finally:
                os.close(below)

    def _hash(self, inode: int, size: int) -> str:
        if size > self.bytes_left:
            raise TooMuch(f"more than {MAX_BYTES >> 20} MiB in files")
        digest = sha256()
        opened = os.open(f"/proc/self/fd/{inode}", _READ)
        try:
            while data := os.read(opened, 1 << 16):
                digest.update(data)
                self.bytes_left -= len(data)
                # A file may grow while it is read.
                if self.bytes_left < 0 or time.monotonic() > self.deadline:
                    raise TooMuch(f"more than {MAX_BYTES >> 20} MiB in files")
        finally:
            os.close(opened)
        return digest.hexdigest()
