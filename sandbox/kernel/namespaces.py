"""Namespaces: unshare(2), setns(2), sethostname(2) and the clone flags that name them."""

from __future__ import annotations

import ctypes
import os
from enum import IntFlag

from sandbox.kernel.libc import check, libc


class CLONE(IntFlag):
    """The namespace flags of clone(2), in the order of their bits."""

    NEWTIME = 0x00000080
    NEWNS = 0x00020000
    NEWCGROUP = 0x02000000
    NEWUTS = 0x04000000
    NEWIPC = 0x08000000
    NEWUSER = 0x10000000
    NEWPID = 0x20000000
    NEWNET = 0x40000000


libc.unshare.argtypes = (ctypes.c_int,)
libc.setns.argtypes = (ctypes.c_int, ctypes.c_int)
libc.sethostname.argtypes = (ctypes.c_char_p, ctypes.c_size_t)


def unshare(flags: int) -> None:
    """unshare(2). NEWPID and NEWTIME take effect for children only."""
    check(libc.unshare(flags))


def setns(fd: int, nstype: int = 0) -> None:
    """setns(2); fd is a namespace file, or a pidfd together with the wanted flags."""
    check(libc.setns(fd, nstype))


def sethostname(name: str) -> None:
    """sethostname(2): at most 64 bytes."""
    raw = os.fsencode(name)
    check(libc.sethostname(raw, len(raw)), name)
