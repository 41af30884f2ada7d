"""Processes: prctl(2), pidfd_open(2), pidfd_send_signal(2), close_range(2), setrlimit(2)."""

from __future__ import annotations

import ctypes
import errno
import resource
from enum import IntEnum, IntFlag

from sandbox.kernel.libc import check, libc

LAST_DESCRIPTOR = 0xFFFFFFFF  # close_range(2): "to the end".


class PR(IntEnum):
    """prctl(2)."""

    SET_PDEATHSIG = 1
    GET_PDEATHSIG = 2
    GET_DUMPABLE = 3
    SET_DUMPABLE = 4
    GET_KEEPCAPS = 7
    SET_KEEPCAPS = 8
    SET_NAME = 15
    GET_NAME = 16
    GET_SECCOMP = 21
    SET_SECCOMP = 22
    CAPBSET_READ = 23
    CAPBSET_DROP = 24
    GET_SECUREBITS = 27
    SET_SECUREBITS = 28
    SET_TIMERSLACK = 29
    SET_CHILD_SUBREAPER = 36
    GET_CHILD_SUBREAPER = 37
    SET_NO_NEW_PRIVS = 38
    GET_NO_NEW_PRIVS = 39
    CAP_AMBIENT = 47


class PR_CAP_AMBIENT(IntEnum):
    """The second argument of PR.CAP_AMBIENT."""

    IS_SET = 1
    RAISE = 2
    LOWER = 3
    CLEAR_ALL = 4


class CLOSE_RANGE(IntFlag):
    """close_range(2)."""

    UNSHARE = 2
    CLOEXEC = 4


_long = ctypes.c_ulong
libc.prctl.argtypes = (ctypes.c_int, _long, _long, _long, _long)
libc.pidfd_open.argtypes = (ctypes.c_int, ctypes.c_uint)
libc.pidfd_send_signal.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint)
libc.close_range.argtypes = (ctypes.c_uint, ctypes.c_uint, ctypes.c_int)


def prctl(option: int, arg2: int = 0, arg3: int = 0, arg4: int = 0, arg5: int = 0) -> int:
    """prctl(2): the result of the GET and READ options, else 0. Pointers go as addresses."""
    return check(libc.prctl(option, arg2, arg3, arg4, arg5))


def set_name(name: str) -> None:
    """prctl(PR_SET_NAME): what ps shows as comm; the kernel cuts it at 15 bytes."""
    raw = ctypes.create_string_buffer(name.encode())
    prctl(PR.SET_NAME, ctypes.addressof(raw))


def pidfd_open(pid: int, flags: int = 0) -> int:
    """pidfd_open(2): a close-on-exec descriptor that the caller owns. ESRCH when gone."""
    return check(libc.pidfd_open(pid, flags))


def pidfd_send_signal(pidfd: int, signum: int) -> None:
    """pidfd_send_signal(2). ESRCH when the process is gone, never a recycled pid."""
    check(libc.pidfd_send_signal(pidfd, signum, None, 0))


def setrlimit(number: int, soft: int, hard: int) -> None:
    """setrlimit(2) of this process; -1 is RLIM_INFINITY. EPERM for a hard limit above its own."""
    try:
        resource.setrlimit(number, (soft, hard))
    except ValueError as error:  # How Python tells EPERM and EINVAL.
        text = f"resource limit {number} to {soft}:{hard}: {error}"
        raise PermissionError(errno.EPERM, text) from error


def close_range(first: int, last: int = LAST_DESCRIPTOR, flags: int = 0) -> None:
    """close_range(2): closes (or with CLOEXEC marks) the descriptors first..last."""
    check(libc.close_range(first, last, flags))
