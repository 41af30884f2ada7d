"""Answers about paths as a process of the container sees them.

The path lies in a hostile root. openat2(2) resolves it below the process's own root and O_PATH
first, so that nothing is opened before its kind is known; only regular files and directories of
ordinary file systems are then opened: procfs would answer with the observer's own privileges, and
FUSE might never answer.
"""

from __future__ import annotations

import base64
import errno
import os
import stat
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice

from sandbox.kernel.openat2 import RESOLVE, openat2
from sandbox.kernel.statfs import fstatfs
from sandbox.observe.manifests import manifest
from sandbox.observe.mounts import WAITING
from sandbox.observe.procfs import pinned, read, start_of, text
from sandbox.observe.snapshot import Look, Seen
from sandbox.observe.trees import TooMuch, tree_size

MAX_FILE = 1 << 20  # bytes
MAX_NAMES = 5000
MAX_XATTRS = 64
MAX_DATA = 8 << 20  # bytes of all files in one request
MAX_SECONDS = 2.0  # for all trees and all processes' mount tables in one request
ABSENT = Seen(
    exists=False,
    kind="",
    mode=0,
    uid=0,
    gid=0,
    size=0,
    rdev="",
    link="",
    data="",
    names=(),
    error="",
)

_MOUNTS_LIMIT = 8 << 20
# include/uapi/linux/magic.h: ext4, overlay, tmpfs, ramfs, xfs, btrfs, squashfs, erofs.
_READABLE = frozenset(
    (0xEF53, 0x794C7630, 0x01021994, 0x858458F6, 0x58465342, 0x9123683E, 0x73717368, 0xE0F5E1E2)
)
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
_ABSENCE = (errno.ENOENT, errno.ENOTDIR)
_RACES = 8  # RESOLVE_IN_ROOT answers EAGAIN to ".." while something is being renamed.


class Refused(Exception):
    """A question that gets no answer; the text is Seen.error."""


@dataclass(slots=True)
class Request:
    """The bounds shared by all questions asked at once."""

    members: Callable[[], Collection[int]]  # host pids of the container, now
    data_left: int = MAX_DATA
    deadline: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)

    def answer(self, looks: Sequence[Look]) -> tuple[Seen, ...]:
        """One answer for each question, in order; never an exception, never a wait."""
        with ExitStack() as undo:
            roots: dict[tuple[int, int], int | Refused] = {}
            for asked in looks:
                if (asked.pid, asked.start) not in roots:
                    roots[asked.pid, asked.start] = self._root(asked.pid, asked.start, undo)
            return tuple(self._answer(roots[asked.pid, asked.start], asked) for asked in looks)

    def _root(self, pid: int, start: int, undo: ExitStack) -> int | Refused:
        """The O_PATH descriptor of the process's root directory."""
        if time.monotonic() > self.deadline:
            return Refused("too much asked at once")
        try:
            with pinned(pid) as directory:
                # Pinned before the members are read: a process that ends in between fails below,
                # one that lives has held its pid all the while.
                if start_of(directory) != start or pid not in self.members():
                    return Refused("gone")
                _refuse_waiting_mounts(directory)
                root = os.open("root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
        except Refused as refused:
            return refused
        except OSError:
            return Refused("gone")
        undo.callback(os.close, root)
        return root

    def _answer(self, root: int | Refused, asked: Look) -> Seen:
        try:
            if isinstance(root, Refused):
                raise root
            descriptor = _resolve(root, asked)
        except Refused as refused:
            return replace(ABSENT, error=str(refused))
        except OSError as failure:
            error = "" if failure.errno in _ABSENCE else os.strerror(failure.errno or 0)
            return replace(ABSENT, error=error)
        try:
            return self._described(descriptor, asked.want)
        finally:
            os.close(descriptor)

    def _described(self, descriptor: int, want: str) -> Seen:
        seen = _stat(descriptor)
        try:
            match want:
                case "bytes":
                    seen = replace(seen, data=self._bytes(descriptor, seen))
                case "names":
                    seen = _names(descriptor, seen)
                case "size":
                    seen = replace(seen, size=self._size(descriptor, seen))
                case "tree":
                    seen = replace(seen, names=self._tree(descriptor, seen))
                case "xattrs":
                    seen = replace(seen, names=self._xattrs(descriptor))
                case _:
                    pass  # "stat": it is there already.
        except (Refused, TooMuch) as refused:
            return replace(seen, error=str(refused))
        except OSError as failure:
            return replace(seen, error=os.strerror(failure.errno or 0))
        return seen

    def _bytes(self, descriptor: int, seen: Seen) -> str:
        if seen.kind != "file":
            raise Refused("not a file")
        limit = min(MAX_FILE, self.data_left)
        opened = _reopen(descriptor, os.O_RDONLY)
        try:
            # A file may grow after its size was asked: what counts is what was read.
            data = b"" if seen.size > limit else _read_up_to(opened, limit + 1)
        finally:
            os.close(opened)
        if max(seen.size, len(data)) > limit:
            raise Refused("too large" if limit == MAX_FILE else "too much asked at once")
        self.data_left -= len(data)
        return base64.b64encode(data).decode()

    def _size(self, descriptor: int, seen: Seen) -> int:
        if seen.kind != "dir":
            return seen.size
        opened = _reopen(descriptor, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return tree_size(opened, deadline=self.deadline)
        finally:
            os.close(opened)

    def _tree(self, descriptor: int, seen: Seen) -> tuple[str, ...]:
        if seen.kind != "dir":
            raise Refused("not a directory")
        opened = _reopen(descriptor, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return manifest(opened, deadline=self.deadline)
        finally:
            os.close(opened)

    def _xattrs(self, descriptor: int) -> tuple[str, ...]:
        """Name, value, name, value: xattr(7)."""
        if fstatfs(descriptor) not in _READABLE:
            raise Refused("not on an ordinary file system")
        inode = f"/proc/self/fd/{descriptor}"  # An O_PATH descriptor itself answers EBADF.
        found: list[str] = []
        for name in sorted(os.listxattr(inode))[:MAX_XATTRS]:
            value = os.getxattr(inode, name)
            self.data_left -= len(value)
            if self.data_left < 0:
                raise Refused("too much asked at once")
            found += (text(os.fsencode(name)), text(value))
        return tuple(found)


def _refuse_waiting_mounts(directory: int) -> None:
    table = read(directory, "mountinfo", _MOUNTS_LIMIT)
    if len(table) >= _MOUNTS_LIMIT:
        raise Refused("too many mounts")
    # Blanks in the fields before are escaped: the first lone hyphen is the separator.
    for fstype in {line.partition(b" - ")[2].partition(b" ")[0] for line in table.splitlines()}:
        if text(fstype).startswith(WAITING):
            raise Refused(f"not read past a mounted {text(fstype)}")


def _resolve(root: int, asked: Look) -> int:
    """The O_PATH descriptor of what the path means; stat and xattrs do not follow the last link."""
    nofollow = os.O_NOFOLLOW if asked.want in ("stat", "xattrs") else 0
    flags = os.O_PATH | os.O_CLOEXEC | nofollow
    for _ in range(_RACES):
        try:
            return openat2(root, asked.path, flags, resolve=RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS)
        except BlockingIOError:
            continue
    raise Refused("changes too fast")


def _stat(descriptor: int) -> Seen:
    status = os.fstat(descriptor)
    kind = stat.S_IFMT(status.st_mode)
    device = kind in (stat.S_IFCHR, stat.S_IFBLK)
    return replace(
        ABSENT,
        exists=True,
        kind=_KINDS.get(kind, ""),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        size=status.st_size,
        rdev=f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}" if device else "",
        # readlinkat(2) with an empty name reads the link that the descriptor itself is.
        link=text(os.readlink(b"", dir_fd=descriptor)) if kind == stat.S_IFLNK else "",
    )


def _reopen(descriptor: int, flags: int) -> int:
    """The same inode opened for reading; precondition: it is a regular file or a directory."""
    if fstatfs(descriptor) not in _READABLE:
        raise Refused("not on an ordinary file system")
    # O_NONBLOCK: a learner's lease on the file (fcntl(2), F_SETLEASE) could hold open for 45 s.
    flags |= os.O_NONBLOCK | os.O_NOATIME | os.O_CLOEXEC
    return os.open(f"/proc/self/fd/{descriptor}", flags)


def _read_up_to(descriptor: int, limit: int) -> bytes:
    chunks = []
    while limit > 0 and (data := os.read(descriptor, limit)):
        chunks.append(data)
        limit -= len(data)
    return b"".join(chunks)


def _names(descriptor: int, seen: Seen) -> Seen:
    if seen.kind != "dir":
        raise Refused("not a directory")
    opened = _reopen(descriptor, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(opened) as entries:
            found = [text(os.fsencode(entry.name)) for entry in islice(entries, MAX_NAMES + 1)]
    finally:
        os.close(opened)
    error = "too many names" if len(found) > MAX_NAMES else ""
    return replace(seen, names=tuple(sorted(found[:MAX_NAMES])), error=error)
