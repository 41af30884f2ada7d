"""The steps of a container's root: frozen values that say what will be mounted, and do it.

They run as real root in a private mount namespace of the host's, so that a container's root can
undo none of it. After PivotRoot every path is the container's: an image that made /dev a link to
/etc moves the mount within itself and nowhere else.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.kernel import loop
from sandbox.kernel.mount import (
    AT,
    AT_FDCWD,
    MNT,
    MOUNT_ATTR,
    MOVE_MOUNT,
    MS,
    OPEN_TREE,
    mount,
    mount_setattr,
    move_mount,
    open_tree,
    pivot_root,
    umount2,
)


@dataclass(slots=True)
class Held:
    """Descriptors that steps leave for later ones."""

    users: int = -1  # A user namespace that maps 0 to the container's first id.
    procfs: int = -1  # The host's /proc,
    first: int = -1  # and the first process's pid in it.
    resolver: int = -1  # The connection to the resolver.
    copies: dict[str, int] = field(default_factory=dict)  # Detached mounts by name.

    def close(self) -> None:
        """Let go of the detached mounts that no step has attached."""
        for descriptor in {*self.copies.values(), self.resolver} - {-1}:
            os.close(descriptor)
        self.copies.clear()
        self.resolver = -1


class Step(Protocol):
    """One deed; its repr is the log line."""

    def apply(self, held: Held) -> None:
        """Do it. OSError as the kernel gives it."""


@dataclass(frozen=True, slots=True)
class Directory:
    """mkdir -p of its last part, with this mode and owner if it was not there."""

    path: str
    mode: int = 0o755
    owner: int = 0

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        try:
            os.mkdir(self.path, self.mode)  # noqa: PTH102 hot path
        except FileExistsError:
            return
        os.chmod(self.path, self.mode)  # noqa: PTH101 hot path
        os.lchown(self.path, self.owner, self.owner)


@dataclass(frozen=True, slots=True)
class Mount:
    """mount(2)."""

    source: str
    target: str
    fstype: str
    flags: int
    options: str = ""

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        mount(self.source, self.target, self.fstype, self.flags, self.options)


@dataclass(frozen=True, slots=True)
class LoopDisk:
    """An ext4 image, freed by the kernel when its last mount goes."""

    image: str
    target: str

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        device, path = loop.attach(self.image)
        try:
            # No discard: it would punch holes into the preallocated image (security: 4.5).
            mount(path, self.target, "ext4", MS.NODEV | MS.NOSUID | MS.NOATIME)
        finally:
            os.close(device)


@dataclass(frozen=True, slots=True)
class IdmappedLayer:
    """A shared read-only directory whose root's files belong to this container's root."""

    source: str
    target: str

    def apply(self, held: Held) -> None:
        copy = open_tree(AT_FDCWD, self.source, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC)
        try:
            attributes = MOUNT_ATTR.IDMAP | MOUNT_ATTR.RDONLY | MOUNT_ATTR.NODEV
            mount_setattr(copy, "", AT.EMPTY_PATH, attributes, userns_fd=held.users)
            move_mount(copy, "", AT_FDCWD, self.target, MOVE_MOUNT.F_EMPTY_PATH)
        finally:
            os.close(copy)


@dataclass(frozen=True, slots=True)
class Borrow:
    """Keep detached copies of what stands on the stage for after the pivot, with all above it."""

    paths: tuple[str, ...]
    bare: bool = False  # Without what is mounted above it: a proc without its masks.

    def apply(self, held: Held) -> None:
        flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | (0 if self.bare else AT.RECURSIVE)
        for path in self.paths:
            name = f"bare {path}" if self.bare else path
            held.copies[name] = open_tree(AT_FDCWD, path, flags)


@dataclass(frozen=True, slots=True)
class PivotRoot:
    """Precondition: root is a mount point in a private mount namespace."""

    root: str

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        os.chdir(self.root)
        # "." twice stacks the old root on the new one; pivot_root(2), NOTES.
        pivot_root(".", ".")
        umount2(".", MNT.DETACH)
        os.chdir("/")


@dataclass(frozen=True, slots=True)
class Attach:
    """Mount what was borrowed."""

    name: str
    target: str

    def apply(self, held: Held) -> None:
        copy = held.copies.pop(self.name)
        try:
            move_mount(copy, "", AT_FDCWD, self.target, MOVE_MOUNT.F_EMPTY_PATH)
        finally:
            os.close(copy)


@dataclass(frozen=True, slots=True)
class Device:
    """One of the host's devices over an empty file."""

    source: str
    target: str

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        os.close(os.open(self.target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666))
        _bind(self.source, self.target, MOUNT_ATTR(0))


@dataclass(frozen=True, slots=True)
class Own:
    """Give paths to the container's root."""

    paths: tuple[str, ...]
    owner: int

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        for path in self.paths:
            os.lchown(path, self.owner, self.owner)


@dataclass(frozen=True, slots=True)
class Symlinks:
    """(link, target) pairs."""

    pairs: tuple[tuple[str, str], ...]

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        for link, target in self.pairs:
            os.symlink(target, link)  # noqa: PTH211 hot path


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A small file in place of whatever was there."""

    path: str
    text: str
    owner: int

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        try:
            os.unlink(self.path)  # noqa: PTH108 hot path
        except FileNotFoundError:
            pass
        except IsADirectoryError:
            return  # The image's own business: a program that needs the file will say so.
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(self.path, flags, 0o644)
        try:
            os.write(file, self.text.encode())
            os.fchown(file, self.owner, self.owner)
        finally:
            os.close(file)


@dataclass(frozen=True, slots=True)
class Mask:
    """Hide paths that exist: a file behind /dev/null, a directory behind an empty tmpfs."""

    paths: tuple[str, ...]

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        for path in self.paths:
            kind = _kind(path)
            if kind is None:
                continue
            if stat.S_ISDIR(kind):
                mount("tmpfs", path, "tmpfs", MS.RDONLY | MS.NOSUID | MS.NODEV, "size=0,mode=555")
            else:
                _bind("/dev/null", path, MOUNT_ATTR(0))


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A read-only copy of each existing path upon itself."""

    paths: tuple[str, ...]

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        for path in self.paths:
            if _kind(path) is not None:
                _bind(path, path, MOUNT_ATTR.RDONLY)


@dataclass(frozen=True, slots=True)
class RemountReadOnly:
    """Make an existing mount read-only."""

    path: str

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        mount_setattr(AT_FDCWD, self.path, 0, MOUNT_ATTR.RDONLY)


def _kind(path: str) -> int | None:
    try:
        return os.lstat(path).st_mode
    except FileNotFoundError:
        return None


def _bind(source: str, target: str, attributes: int) -> None:
    # Never through a link: CVE-2025-31133 masked the target of a link that the image had made.
    flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.SYMLINK_NOFOLLOW
    copy = open_tree(AT_FDCWD, source, flags)
    try:
        if attributes:
            mount_setattr(copy, "", AT.EMPTY_PATH, attributes)
        move_mount(copy, "", AT_FDCWD, target, MOVE_MOUNT.F_EMPTY_PATH)
    finally:
        os.close(copy)
