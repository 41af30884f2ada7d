"""The C library's handle, and the one place where errno becomes OSError.

Every wrapper of this package declares its argument types beside its constants and calls check().
Needs glibc 2.36 (Debian 12), which has functions for the new mount API and for pidfds.
"""

from __future__ import annotations

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, *names: str | bytes | int) -> int:
    """The result of a call, or its errno raised as OSError naming up to two of the call's paths."""
    if result != -1:
        return result
    number = ctypes.get_errno()
    message = os.strerror(number)
    if not names:
        raise OSError(number, message)
    raise OSError(number, message, names[0], None, names[1] if len(names) > 1 else None)


def encoded(text: str | None) -> bytes | None:
    """A string argument as C wants it: None stays NULL."""
    return None if text is None else os.fsencode(text)
