"""Mounts: mount(2), umount2(2), pivot_root(2) and the descriptor-based mount API of Linux 5.2+.

Scope: the calls and their flags. What is mounted where is decided by the callers' plans.
"""

from __future__ import annotations

import ctypes
import os
from enum import IntEnum, IntFlag

from sandbox.kernel.libc import check, encoded, libc

AT_FDCWD = -100


class AT(IntFlag):
    """Path look-up flags, <fcntl.h>."""

    SYMLINK_NOFOLLOW = 0x100
    NO_AUTOMOUNT = 0x800
    EMPTY_PATH = 0x1000
    RECURSIVE = 0x8000


class MS(IntFlag):
    """mount(2)."""

    RDONLY = 1 << 0
    NOSUID = 1 << 1
    NODEV = 1 << 2
    NOEXEC = 1 << 3
    SYNCHRONOUS = 1 << 4
    REMOUNT = 1 << 5
    MANDLOCK = 1 << 6
    DIRSYNC = 1 << 7
    NOSYMFOLLOW = 1 << 8
    NOATIME = 1 << 10
    NODIRATIME = 1 << 11
    BIND = 1 << 12
    MOVE = 1 << 13
    REC = 1 << 14
    SILENT = 1 << 15
    POSIXACL = 1 << 16
    UNBINDABLE = 1 << 17
    PRIVATE = 1 << 18
    SLAVE = 1 << 19
    SHARED = 1 << 20
    RELATIME = 1 << 21
    STRICTATIME = 1 << 24
    LAZYTIME = 1 << 25


class MNT(IntFlag):
    """umount2(2); NOFOLLOW is the header's UMOUNT_NOFOLLOW."""

    FORCE = 1
    DETACH = 2
    EXPIRE = 4
    NOFOLLOW = 8


class OPEN_TREE(IntFlag):
    """open_tree(2); may be combined with AT."""

    CLONE = 1
    CLOEXEC = os.O_CLOEXEC


class MOVE_MOUNT(IntFlag):
    """move_mount(2): F is the source's side, T the target's."""

    F_SYMLINKS = 0x01
    F_AUTOMOUNTS = 0x02
    F_EMPTY_PATH = 0x04
    T_SYMLINKS = 0x10
    T_AUTOMOUNTS = 0x20
    T_EMPTY_PATH = 0x40
    SET_GROUP = 0x100
    BENEATH = 0x200


class MOUNT_ATTR(IntFlag):
    """mount_setattr(2) and fsmount(2)."""

    RDONLY = 0x01
    NOSUID = 0x02
    NODEV = 0x04
    NOEXEC = 0x08
    NOATIME = 0x10
    STRICTATIME = 0x20
    NODIRATIME = 0x80
    IDMAP = 0x100000
    NOSYMFOLLOW = 0x200000


class FSOPEN(IntFlag):
    """fsopen(2)."""

    CLOEXEC = 1


class FSMOUNT(IntFlag):
    """fsmount(2)."""

    CLOEXEC = 1


class FSCONFIG(IntEnum):
    """fsconfig(2)."""

    SET_FLAG = 0
    SET_STRING = 1
    SET_BINARY = 2
    SET_PATH = 3
    SET_PATH_EMPTY = 4
    SET_FD = 5
    CMD_CREATE = 6
    CMD_RECONFIGURE = 7
    CMD_CREATE_EXCL = 8


class mount_attr(ctypes.Structure):
    """struct mount_attr, <linux/mount.h>."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


_path, _int, _uint = ctypes.c_char_p, ctypes.c_int, ctypes.c_uint
libc.mount.argtypes = (_path, _path, _path, ctypes.c_ulong, _path)
libc.umount2.argtypes = (_path, _int)
libc.pivot_root.argtypes = (_path, _path)
libc.open_tree.argtypes = (_int, _path, _uint)
libc.move_mount.argtypes = (_int, _path, _int, _path, _uint)
libc.mount_setattr.argtypes = (_int, _path, _uint, ctypes.POINTER(mount_attr), ctypes.c_size_t)
libc.fsopen.argtypes = (_path, _uint)
libc.fsconfig.argtypes = (_int, _uint, _path, _path, _int)
libc.fsmount.argtypes = (_int, _uint, _uint)


def mount(
    source: str | None, target: str, fstype: str | None, flags: int, options: str | None = None
) -> None:
    """mount(2); "" and None both pass NULL, which the kernel treats alike for unused arguments."""
    arguments = [encoded(text or None) for text in (source, target, fstype)]
    check(libc.mount(*arguments, flags, encoded(options or None)), target)


def umount2(target: str, flags: int = 0) -> None:
    """umount2(2). EINVAL: not a mount point, or one locked by a user namespace above."""
    check(libc.umount2(encoded(target), flags), target)


def pivot_root(new_root: str, put_old: str) -> None:
    """pivot_root(2). Precondition: new_root is a mount point and no involved mount is shared."""
    check(libc.pivot_root(encoded(new_root), encoded(put_old)), new_root, put_old)


def open_tree(dirfd: int, path: str, flags: int) -> int:
    """open_tree(2): a descriptor the caller owns; with CLONE a detached copy that dies with it."""
    return check(libc.open_tree(dirfd, encoded(path), flags), path)


def move_mount(from_dirfd: int, from_path: str, to_dirfd: int, to_path: str, flags: int) -> None:
    """move_mount(2): attaches a detached mount, or moves an attached one."""
    result = libc.move_mount(from_dirfd, encoded(from_path), to_dirfd, encoded(to_path), flags)
    check(result, from_path, to_path)


def mount_setattr(
    dirfd: int,
    path: str,
    flags: int,
    attr_set: int = 0,
    attr_clr: int = 0,
    propagation: int = 0,
    userns_fd: int = 0,
) -> None:
    """mount_setattr(2). IDMAP needs a detached mount and CAP_SYS_ADMIN over its file system."""
    attributes = mount_attr(attr_set, attr_clr, propagation, userns_fd)
    size = ctypes.sizeof(attributes)
    check(libc.mount_setattr(dirfd, encoded(path), flags, ctypes.byref(attributes), size), path)


def fsopen(fstype: str, flags: int = FSOPEN.CLOEXEC) -> int:
    """fsopen(2): a file system context that the caller owns."""
    return check(libc.fsopen(encoded(fstype), flags), fstype)


def fsconfig(
    fd: int, cmd: int, key: str | None = None, value: str | bytes | None = None, aux: int = 0
) -> None:
    """fsconfig(2); binary values go as bytes with their length in aux."""
    raw = value if isinstance(value, bytes) else encoded(value)
    check(libc.fsconfig(fd, cmd, encoded(key), raw, aux), *([] if key is None else [key]))


def fsmount(fd: int, flags: int = FSMOUNT.CLOEXEC, attr_flags: int = 0) -> int:
    """fsmount(2): a detached mount of a created context; the caller owns the descriptor."""
    return check(libc.fsmount(fd, flags, attr_flags))
