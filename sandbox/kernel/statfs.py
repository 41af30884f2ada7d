"""fstatfs(2): which kind of file system a descriptor is on."""

from __future__ import annotations

import ctypes

from sandbox.kernel.libc import check, libc


class struct_statfs(ctypes.Structure):
    """struct statfs on 64-bit machines, <asm-generic/statfs.h>; only the first field is read."""

    _fields_ = (("f_type", ctypes.c_long), ("rest", ctypes.c_long * 14))


libc.fstatfs.argtypes = (ctypes.c_int, ctypes.POINTER(struct_statfs))


def fstatfs(fd: int) -> int:
    """f_type of the file system below fd, O_PATH descriptors included; <linux/magic.h>."""
    buffer = struct_statfs()
    check(libc.fstatfs(fd, ctypes.byref(buffer)))
    return int(buffer.f_type)
