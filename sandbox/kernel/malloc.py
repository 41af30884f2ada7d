"""How the C library hands out memory: mallopt(3)."""

from __future__ import annotations

import ctypes
from enum import IntEnum

from sandbox.kernel.libc import libc


class M(IntEnum):
    """mallopt(3); malloc.h."""

    TRIM_THRESHOLD = -1
    MMAP_THRESHOLD = -3


libc.mallopt.argtypes = (ctypes.c_int, ctypes.c_int)


def mallopt(param: M, value: int) -> bool:
    """Whether the C library took it."""
    return bool(libc.mallopt(param, value))
