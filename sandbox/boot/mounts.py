"""The steps of a container's own mounts: volumes, directories of the host, tmpfs.

A source is opened as a detached copy before the pivot. A destination is found after it, within the
container's root and through a descriptor: a volume that another container writes at the same time
may swap directories for links, and gains nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from sandbox.boot.steps import Held
from sandbox.kernel.credentials import making_files_as
from sandbox.kernel.mount import (
    AT,
    AT_FDCWD,
    FSCONFIG,
    MOUNT_ATTR,
    MOVE_MOUNT,
    OPEN_TREE,
    fsconfig,
    fsmount,
    fsopen,
    mount_setattr,
    move_mount,
    open_tree,
)
from sandbox.kernel.openat2 import RESOLVE, openat2

_IN_ROOT = RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS
_ONTO = MOVE_MOUNT.F_EMPTY_PATH | MOVE_MOUNT.T_EMPTY_PATH


@dataclass(frozen=True, slots=True)
class BorrowTree:
    """A detached copy of a directory or file of the host, whose ids are the container's.

    within: a path inside source, which somebody else may write; it cannot lead out.
    """

    name: str
    source: str
    within: str = ""
    writable: bool = True

    def apply(self, held: Held) -> None:
        flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.RECURSIVE
        if not self.within:
            copy = open_tree(AT_FDCWD, self.source, flags)
        else:
            copy = _part(self.source, self.within, flags)
        held.copies[self.name] = copy
        # As Docker has it: what is read-only is so with all that is mounted below.
        if not self.writable:
            mount_setattr(copy, "", AT.EMPTY_PATH | AT.RECURSIVE, MOUNT_ATTR.RDONLY)
        try:
            # Alone, because proc, sysfs and the like, mounted below, cannot be mapped.
            mount_setattr(copy, "", AT.EMPTY_PATH, MOUNT_ATTR.IDMAP, userns_fd=held.users)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            reason = "its file system cannot show its files under the container's own ids"
            raise OSError(errno.EINVAL, reason, self.source) from error


@dataclass(frozen=True, slots=True)
class PlaceTree:
    """Attach a borrowed copy; what is missing of the way there is made."""

    name: str
    target: str
    owner: int

    def apply(self, held: Held) -> None:
        copy = held.copies[self.name]
        directory = stat.S_ISDIR(os.fstat(copy).st_mode)
        place = _place(self.target, directory=directory, owner=self.owner)
        try:
            move_mount(copy, "", place, "", _ONTO)
        finally:
            os.close(place)


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """An empty file system in memory."""

    target: str
    options: tuple[tuple[str, str], ...]
    attributes: int  # MOUNT_ATTR
    owner: int

    def apply(self, held: Held) -> None:  # noqa: ARG002 Step's shape
        place = _place(self.target, directory=True, owner=self.owner)
        try:
            context = fsopen("tmpfs")
            try:
                for name, value in self.options:
                    fsconfig(context, FSCONFIG.SET_STRING, name, value)
                fsconfig(context, FSCONFIG.CMD_CREATE)
                copy = fsmount(context, attr_flags=self.attributes)
            finally:
                os.close(context)
            try:
                move_mount(copy, "", place, "", _ONTO)
            finally:
                os.close(copy)
        finally:
            os.close(place)


def _part(source: str, within: str, flags: int) -> int:
    root = os.open(source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = openat2(root, within, os.O_PATH, resolve=RESOLVE.BENEATH | RESOLVE.NO_MAGICLINKS)
    finally:
        os.close(root)
    try:
        return open_tree(found, "", flags | AT.EMPTY_PATH)
    finally:
        os.close(found)


def _place(path: str, *, directory: bool, owner: int) -> int:
    """A descriptor of what is to be mounted over. ENOTDIR when it is of the other kind."""
    root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        place = _opened(root, os.path.normpath(path), directory=directory, owner=owner)
    finally:
        os.close(root)
    if stat.S_ISDIR(os.fstat(place).st_mode) is not directory:
        os.close(place)
        reason = (
            "not a directory: Are you trying to mount a directory onto a file (or vice-versa)? "
            "Check if the specified host path exists and is the expected type"
        )
        raise OSError(errno.ENOTDIR, reason, path)
    return place


def _opened(root: int, path: str, *, directory: bool, owner: int) -> int:
    """mkdir -p within root; no part of the way can leave it, even while it is changed."""
    try:
        return openat2(root, path, os.O_PATH, resolve=_IN_ROOT)
    except FileNotFoundError:
        above, _, name = path.rstrip("/").rpartition("/")
    parent = _opened(root, above or "/", directory=True, owner=owner)
    try:
        # Within another mount of the container the host's root has no id that could be stored.
        with making_files_as(owner, owner):
            if directory:
                os.mkdir(name, 0o755, dir_fd=parent)
            else:
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
                os.close(os.open(name, flags, 0o644, dir_fd=parent))
    finally:
        os.close(parent)
    return openat2(root, path, os.O_PATH, resolve=_IN_ROOT)
