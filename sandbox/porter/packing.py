"""Files of a container as a tar, in Docker's form.

The container may change them meanwhile: each directory is read through its descriptor, no link is
followed on the way down, and only what is a regular file once it is open is read.
"""

from __future__ import annotations

import os
import posixpath
import stat
import tarfile
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from sandbox.kernel.statfs import fstatfs
from sandbox.porter.words import Found

DEEPEST = 512
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not waiting for a writer, should it have become a fifo.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CAPABILITY = "security.capability"
# What is no file of the container's: linux/magic.h. Docker does not see these either.
_PROC, _SYSFS, _CGROUP, _CGROUP2 = 0x9FA0, 0x62656572, 0x27E0EB, 0x63677270
_OF_THE_KERNEL = frozenset((_PROC, _SYSFS, _CGROUP, _CGROUP2))
# What the engine mounts there is left out of what contains it.
_FURNITURE = frozenset(("/dev", "/proc", "/sys"))
_TYPES = (
    (stat.S_ISREG, tarfile.REGTYPE),
    (stat.S_ISDIR, tarfile.DIRTYPE),
    (stat.S_ISLNK, tarfile.SYMTYPE),
    (stat.S_ISFIFO, tarfile.FIFOTYPE),
    (stat.S_ISCHR, tarfile.CHRTYPE),
    (stat.S_ISBLK, tarfile.BLKTYPE),
)


def found(path: str) -> Found:
    """OSError as lstat(2) gives it; what the kernel makes up is not there."""
    try:
        seen = os.lstat(path)
    except NotADirectoryError as error:
        raise OSError(error.errno, error.strerror, f"lstat {path}") from None
    probe = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if fstatfs(probe) in _OF_THE_KERNEL:
            raise FileNotFoundError(2, os.strerror(2), path)
    finally:
        os.close(probe)
    # As far as it leads: a link may lead nowhere.
    target = os.path.realpath(path) if stat.S_ISLNK(seen.st_mode) else ""
    return Found(base(path), seen.st_size, seen.st_mode, seen.st_mtime_ns, target)


def base(path: str) -> str:
    """The last part, as Go's filepath.Base has it."""
    return posixpath.basename(path.rstrip("/")) or "/"


def pack(path: str, out: IO[bytes]) -> None:
    """What is at path: a directory with all that is in it, or one file."""
    packing = _Packing(_opened(out))
    if stat.S_ISDIR(os.lstat(path).st_mode):
        name = base(path)
        packing.tree(path, "" if name == "/" else name, posixpath.normpath(path))
    else:
        above, name = posixpath.split(path)
        directory = os.open(above or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            packing.entry(directory, name, name, path, 0)
        finally:
            os.close(directory)
    packing.archive.close()


def export(out: IO[bytes]) -> None:
    """The whole root, by names that begin with no slash."""
    packing = _Packing(_opened(out))
    root = os.open("/", _DIRECTORY)
    try:
        packing.members(root, "", "", 0)
    finally:
        os.close(root)
    packing.archive.close()


def _opened(out: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 16)


@dataclass(slots=True)
class _Packing:
    archive: tarfile.TarFile
    linked: dict[tuple[int, int], str] = field(default_factory=dict)  # Of files with more names.

    def tree(self, path: str, name: str, shown: str) -> None:
        """The directory at path, which may be reached by a link, and what is in it."""
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.archive.addfile(_member(name or "/", os.fstat(directory)))
            self.members(directory, f"{name}/", shown.rstrip("/"), 0)
        finally:
            os.close(directory)

    def members(self, directory: int, prefix: str, path: str, depth: int) -> None:
        """Everything in an open directory, in the order of names."""
        if depth > DEEPEST:
            raise OSError(0, f"more than {DEEPEST} directories within each other", path)
        for name in sorted(os.listdir(directory)):
            with suppress(FileNotFoundError):  # It went meanwhile.
                self.entry(directory, name, prefix + name, f"{path}/{name}", depth)

    def entry(self, directory: int, name: str, shown: str, path: str, depth: int) -> None:
        """One member of a directory; shown: in the archive; path: in the container."""
        seen = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISSOCK(seen.st_mode):
            return  # As Docker: a tar has no sockets.
        if stat.S_ISREG(seen.st_mode):
            self._file(directory, name, shown)
            return
        member = _member(shown, seen)
        if stat.S_ISLNK(seen.st_mode):
            member.linkname = os.readlink(name, dir_fd=directory)
        self.archive.addfile(member)
        if stat.S_ISDIR(seen.st_mode) and not _furniture(path, seen):
            inner = os.open(name, _DIRECTORY, dir_fd=directory)
            try:
                self.members(inner, f"{shown}/", path, depth + 1)
            finally:
                os.close(inner)

    def _file(self, directory: int, name: str, shown: str) -> None:
        descriptor = os.open(name, _FILE, dir_fd=directory)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            seen = os.fstat(descriptor)
            member = _member(shown, seen)
            if not member.isreg():
                return  # It became something else meanwhile.
            key = (seen.st_dev, seen.st_ino)
            if seen.st_nlink > 1 and key in self.linked:
                member.type, member.linkname, member.size = tarfile.LNKTYPE, self.linked[key], 0
                self.archive.addfile(member)
                return
            self.linked[key] = shown
            with suppress(OSError):  # It has none.
                value = os.getxattr(descriptor, _CAPABILITY)
                text = value.decode("utf-8", "surrogateescape")
                member.pax_headers = {f"SCHILY.xattr.{_CAPABILITY}": text}
            self.archive.addfile(member, _Whole(file))  # type: ignore[arg-type]  # only read() is asked


@dataclass(slots=True)
class _Whole:
    """A file that may shrink while it is read: then zeros follow, as tar(1) does it."""

    file: IO[bytes]

    def read(self, size: int) -> bytes:
        """So many bytes."""
        data = b""
        while len(data) < size and (more := self.file.read(size - len(data))):
            data += more
        return data.ljust(size, b"\0")


def _member(name: str, seen: os.stat_result) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = next(kind for test, kind in _TYPES if test(seen.st_mode))
    member.mode = stat.S_IMODE(seen.st_mode)
    member.uid, member.gid = seen.st_uid, seen.st_gid
    member.mtime = int(seen.st_mtime)
    member.size = seen.st_size if member.isreg() else 0
    if member.isdev():
        member.devmajor, member.devminor = os.major(seen.st_rdev), os.minor(seen.st_rdev)
    return member


def _furniture(path: str, seen: os.stat_result) -> bool:
    return path in _FURNITURE and seen.st_dev != os.lstat("/").st_dev
