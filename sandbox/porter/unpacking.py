"""A tar into a directory of a container, by Docker's rules. The tar is hostile, the container too.

Where a member lands is found from the directory that it lies in, whose way is walked by the kernel
within the container's root; what stands at its last name is replaced, never followed.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
import tarfile
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader

from sandbox.boot.identity import resolve
from sandbox.kernel.openat2 import RESOLVE, openat2
from sandbox.porter.words import Fault, Order, Refused

MOST_MEMBERS = 1_000_000
MOST_BYTES = 32 << 30
_CHUNK = 1 << 18
_IN_ROOT = RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS
_PATH = os.O_PATH | os.O_DIRECTORY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CAPABILITY = "security.capability"
_PAX_CAPABILITY = f"SCHILY.xattr.{_CAPABILITY}"
_IMPLIED_MODE = 0o755  # Of a directory that the archive does not name.


def unpack(order: Order, source: BufferedReader) -> None:
    """Raises Refused, OSError, tarfile.TarError; what was placed before stays, as in Docker."""
    root = os.open("/", _PATH | os.O_CLOEXEC)
    try:
        directory = _destination(root, order)
    except NotADirectoryError:
        raise Refused(Fault.FAILED, "extraction point is not a directory") from None
    owner = None
    if order.user is not None:
        identity = resolve(order.user)
        owner = (identity.uid, identity.gid)
    placing = _Placing(directory, order, owner)
    if not source.peek(1):
        return  # Nothing at all is an empty archive.
    try:
        with tarfile.open(fileobj=source, mode="r|*", errorlevel=1) as archive:
            _all(archive, placing)
    except tarfile.ReadError as error:
        text = "archive/tar: invalid tar header" if "invalid" in str(error) else "unexpected EOF"
        raise Refused(Fault.FAILED, text) from None


def _all(archive: tarfile.TarFile, placing: _Placing) -> None:
    size = 0
    for count, member in enumerate(archive):
        size += member.size
        if count >= MOST_MEMBERS or size > MOST_BYTES:
            text = f"the archive has more than {MOST_MEMBERS} entries or {MOST_BYTES} bytes"
            raise Refused(Fault.FAILED, text)
        placing.member(archive, member)
    placing.date_directories()


def _destination(root: int, order: Order) -> int:
    directory = openat2(root, order.path, _PATH, resolve=_IN_ROOT)
    on_root = os.fstat(directory).st_dev == os.fstat(root).st_dev
    if on_root and order.read_only:
        raise Refused(Fault.FAILED, "container rootfs is marked read-only")
    if os.fstatvfs(directory).f_flag & os.ST_RDONLY:
        raise Refused(Fault.FAILED, "mounted volume is marked read-only")
    return directory


@dataclass(slots=True)
class _Placing:
    directory: int
    order: Order
    owner: tuple[int, int] | None
    parent: tuple[str, int] = ("", -1)  # The last one that was asked for.
    dates: list[tuple[str, int]] = field(default_factory=list)  # Of directories: name, seconds.

    def member(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Place one."""
        name = self._within(member.name)
        if name == ".":
            return
        above, last = posixpath.split(name)
        parent = self._parent(above)
        if self._makes_room(parent, last, name, member):
            self._make(archive, member, parent, last)
        self._dress(member, parent, last)
        if member.isdir():
            self.dates.append((name, int(member.mtime)))

    def date_directories(self) -> None:
        """Their times, after what was put into them."""
        for name, seconds in reversed(self.dates):
            above, last = posixpath.split(name)
            with suppress(OSError):  # It was replaced meanwhile.
                times = (seconds, seconds)
                os.utime(last, times, dir_fd=self._parent(above), follow_symlinks=False)

    def _within(self, name: str) -> str:
        """The name below the destination; an absolute one counts as below it, too."""
        clean = posixpath.normpath(name.lstrip("/") or ".")
        if clean == ".." or clean.startswith("../"):
            path = posixpath.normpath(posixpath.join(self.order.path, clean))
            raise Refused(Fault.FAILED, f'"{path}" is outside of "{self.order.path}"')
        return clean

    def _parent(self, above: str) -> int:
        if self.parent[1] < 0 or self.parent[0] != above:
            opened = self._walked(above)
            if self.parent[1] >= 0:
                os.close(self.parent[1])
            self.parent = (above, opened)
        return self.parent[1]

    def _walked(self, above: str) -> int:
        """mkdir -p. A link on the way leads as it does in the container, and never out of it."""
        directory = os.dup(self.directory)
        for part in filter(None, above.split("/")):
            try:
                inner = self._step(directory, part)
            finally:
                os.close(directory)
            directory = inner
        return directory

    def _step(self, directory: int, part: str) -> int:
        with suppress(FileExistsError):
            os.mkdir(part, _IMPLIED_MODE, dir_fd=directory)
        # The process has the container's root: an absolute link begins there, and .. ends there.
        return openat2(directory, part, _PATH, resolve=RESOLVE.NO_MAGICLINKS)

    def _makes_room(self, parent: int, last: str, name: str, member: tarfile.TarInfo) -> bool:
        """Whether it is to be made: a directory that is there stays. Raises Refused."""
        try:
            there = os.stat(last, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return True
        directory = stat.S_ISDIR(there.st_mode)
        if directory and member.isdir():
            return False
        path = posixpath.join(self.order.path, name)
        if self.order.kinds_stay and directory:
            text = f'cannot overwrite directory "{path}" with non-directory "{self.order.path}"'
            raise Refused(Fault.FAILED, text)
        if self.order.kinds_stay and member.isdir():
            text = f'cannot overwrite non-directory "{path}" with directory "{self.order.path}"'
            raise Refused(Fault.FAILED, text)
        if directory:
            shutil.rmtree(last, dir_fd=parent)
        else:
            os.unlink(last, dir_fd=parent)
        return True

    def _make(
        self, archive: tarfile.TarFile, member: tarfile.TarInfo, parent: int, last: str
    ) -> None:
        if member.isdir():
            os.mkdir(last, 0o700, dir_fd=parent)
        elif member.issym():
            self._check_link(member)
            os.symlink(member.linkname, last, dir_fd=parent)
        elif member.islnk():
            self._link(member, parent, last)
        elif member.isfifo():
            os.mkfifo(last, 0o600, dir_fd=parent)
        elif member.isreg():
            self._fill(archive, member, parent, last)
        else:
            kind = "a device" if member.isdev() else "of an unknown kind"
            text = f'"{member.name}" is {kind}: a container\'s root cannot make it'
            raise Refused(Fault.FAILED, text)

    def _fill(
        self, archive: tarfile.TarFile, member: tarfile.TarInfo, parent: int, last: str
    ) -> None:
        content = archive.extractfile(member)
        assert content is not None
        with os.fdopen(os.open(last, _NEW, 0o600, dir_fd=parent), "wb") as file:
            shutil.copyfileobj(content, file, _CHUNK)

    def _check_link(self, member: tarfile.TarInfo) -> None:
        """As Docker: what it names must be below the destination, an absolute name counted so."""
        start = posixpath.dirname(posixpath.normpath(member.name.lstrip("/")))
        target = posixpath.normpath(posixpath.join(start, member.linkname.lstrip("/")))
        if target == ".." or target.startswith("../"):
            path = posixpath.join(self.order.path, self._within(member.name))
            raise Refused(Fault.FAILED, f'invalid symlink "{path}" -> "{member.linkname}"')

    def _link(self, member: tarfile.TarInfo, parent: int, last: str) -> None:
        clean = posixpath.normpath(member.linkname.lstrip("/"))
        if clean == ".." or clean.startswith("../"):
            path = posixpath.normpath(posixpath.join(self.order.path, clean))
            raise Refused(Fault.FAILED, f'invalid hardlink "{path}" -> "{member.linkname}"')
        above, old = posixpath.split(clean)
        source = self._walked(above)
        try:
            os.link(old, last, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        finally:
            os.close(source)

    def _dress(self, member: tarfile.TarInfo, parent: int, last: str) -> None:
        """Owner, mode, capability and time; of a further name of a file, the first one has them."""
        if member.islnk():
            return
        uid, gid = self.owner or (member.uid, member.gid)
        os.chown(last, uid, gid, dir_fd=parent, follow_symlinks=False)
        if member.issym():
            return
        self._mode(member, parent, last)
        times = (int(member.mtime), int(member.mtime))
        os.utime(last, times, dir_fd=parent, follow_symlinks=False)

    def _mode(self, member: tarfile.TarInfo, parent: int, last: str) -> None:
        # Through a descriptor: between two calls the name may become a link.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(last, flags, dir_fd=parent)
        try:
            os.fchmod(descriptor, member.mode & 0o7777)
            if _PAX_CAPABILITY in member.pax_headers:
                value = member.pax_headers[_PAX_CAPABILITY].encode("utf-8", "surrogateescape")
                os.setxattr(descriptor, _CAPABILITY, value)
        finally:
            os.close(descriptor)
