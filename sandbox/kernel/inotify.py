"""Watching files, inotify(7)."""

from __future__ import annotations

import ctypes
import os
from enum import IntFlag

from sandbox.kernel.libc import check, libc


class IN(IntFlag):
    """Events and flags of <sys/inotify.h>."""

    MODIFY = 0x2
    CREATE = 0x100
    CLOEXEC = 0o2000000
    NONBLOCK = 0o4000


libc.inotify_init1.argtypes = (ctypes.c_int,)
libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)


def inotify_init1(flags: IN) -> int:
    """A new descriptor; the caller closes it."""
    return check(libc.inotify_init1(flags))


def inotify_add_watch(fd: int, pathname: str, mask: IN) -> int:
    """The watch descriptor."""
    return check(libc.inotify_add_watch(fd, os.fsencode(pathname), mask), pathname)
