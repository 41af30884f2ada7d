"""openat2(2): opening below a directory that somebody hostile can change meanwhile."""

from __future__ import annotations

import ctypes
import os
from enum import IntFlag

from sandbox.kernel.libc import check, libc

_SYS_openat2 = 437  # One number on every architecture; glibc has no function for it.


class RESOLVE(IntFlag):
    """openat2(2), how.resolve."""

    NO_XDEV = 0x01
    NO_MAGICLINKS = 0x02
    NO_SYMLINKS = 0x04
    BENEATH = 0x08
    IN_ROOT = 0x10
    CACHED = 0x20


class open_how(ctypes.Structure):
    """struct open_how, <linux/openat2.h>."""

    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def openat2(dirfd: int, path: str, flags: int, mode: int = 0, resolve: int = 0) -> int:
    """openat2(2), always close-on-exec: a descriptor the caller owns.

    ELOOP: a link that resolve forbids; EXDEV: an escape from BENEATH; EAGAIN: a race, try again.
    """
    how = open_how(flags | os.O_CLOEXEC, mode, resolve)
    number, size = ctypes.c_long(_SYS_openat2), ctypes.c_size_t(ctypes.sizeof(how))
    raw = ctypes.c_char_p(os.fsencode(path))
    return check(libc.syscall(number, dirfd, raw, ctypes.byref(how), size), path)
