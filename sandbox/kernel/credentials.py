"""Capabilities: capget(2), capset(2) and the bounding and ambient sets of prctl(2).

User and group ids are in `os` already (setresuid, setresgid, setgroups).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from sandbox.kernel.libc import check, libc
from sandbox.kernel.process import PR, PR_CAP_AMBIENT, prctl

_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_LOW_WORD = 0xFFFFFFFF


class CAP(IntEnum):
    """capabilities(7), by bit number."""

    CHOWN = 0
    DAC_OVERRIDE = 1
    DAC_READ_SEARCH = 2
    FOWNER = 3
    FSETID = 4
    KILL = 5
    SETGID = 6
    SETUID = 7
    SETPCAP = 8
    LINUX_IMMUTABLE = 9
    NET_BIND_SERVICE = 10
    NET_BROADCAST = 11
    NET_ADMIN = 12
    NET_RAW = 13
    IPC_LOCK = 14
    IPC_OWNER = 15
    SYS_MODULE = 16
    SYS_RAWIO = 17
    SYS_CHROOT = 18
    SYS_PTRACE = 19
    SYS_PACCT = 20
    SYS_ADMIN = 21
    SYS_BOOT = 22
    SYS_NICE = 23
    SYS_RESOURCE = 24
    SYS_TIME = 25
    SYS_TTY_CONFIG = 26
    MKNOD = 27
    LEASE = 28
    AUDIT_WRITE = 29
    AUDIT_CONTROL = 30
    SETFCAP = 31
    MAC_OVERRIDE = 32
    MAC_ADMIN = 33
    SYSLOG = 34
    WAKE_ALARM = 35
    BLOCK_SUSPEND = 36
    AUDIT_READ = 37
    PERFMON = 38
    BPF = 39
    CHECKPOINT_RESTORE = 40


@dataclass(frozen=True, slots=True)
class Sets:
    """A thread's capability sets as bit masks: bit CAP.X is set when it is held."""

    effective: int
    permitted: int
    inheritable: int


class cap_user_header(ctypes.Structure):
    """struct __user_cap_header_struct."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class cap_user_data(ctypes.Structure):
    """struct __user_cap_data_struct: version 3 takes two of them."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


_data = cap_user_data * 2
libc.setfsuid.argtypes = libc.setfsgid.argtypes = (ctypes.c_uint,)
libc.capget.argtypes = (ctypes.POINTER(cap_user_header), ctypes.POINTER(cap_user_data))
libc.capset.argtypes = libc.capget.argtypes


def mask(capabilities: Iterable[int]) -> int:
    """The bit mask of these capability numbers."""
    return sum(1 << number for number in set(capabilities))


def capget(pid: int = 0) -> Sets:
    """capget(2) of a thread, 0 for the caller."""
    header, data = cap_user_header(_LINUX_CAPABILITY_VERSION_3, pid), _data()
    check(libc.capget(ctypes.byref(header), data))
    low, high = data
    return Sets(
        low.effective | high.effective << 32,
        low.permitted | high.permitted << 32,
        low.inheritable | high.inheritable << 32,
    )


def capset(effective: int, permitted: int, inheritable: int) -> None:
    """capset(2) of the caller, as bit masks. EPERM: not a subset of what is permitted."""
    header, data = cap_user_header(_LINUX_CAPABILITY_VERSION_3, 0), _data()
    for word, shift in zip(data, (0, 32), strict=True):
        word.effective = effective >> shift & _LOW_WORD
        word.permitted = permitted >> shift & _LOW_WORD
        word.inheritable = inheritable >> shift & _LOW_WORD
    check(libc.capset(ctypes.byref(header), data))


def last_capability() -> int:
    """The highest capability number that the running kernel knows; needs /proc."""
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def bounding_has(capability: int) -> bool:
    """prctl(PR_CAPBSET_READ). EINVAL: the kernel does not know this number."""
    return prctl(PR.CAPBSET_READ, capability) == 1


def bounding_drop(capability: int) -> None:
    """prctl(PR_CAPBSET_DROP): cannot be taken back; needs CAP_SETPCAP."""
    prctl(PR.CAPBSET_DROP, capability)


def ambient_clear() -> None:
    """prctl(PR_CAP_AMBIENT, CLEAR_ALL)."""
    prctl(PR.CAP_AMBIENT, PR_CAP_AMBIENT.CLEAR_ALL)


def ambient_raise(capability: int) -> None:
    """prctl(PR_CAP_AMBIENT, RAISE): must be permitted and inheritable already."""
    prctl(PR.CAP_AMBIENT, PR_CAP_AMBIENT.RAISE, capability)


@contextmanager
def making_files_as(user: int, group: int) -> Iterator[None]:
    """setfsuid(2), setfsgid(2) for a while, without losing the capabilities over files.

    The calling thread's new files belong to these ids. Precondition: real root.
    """
    before = capget()
    libc.setfsgid(group)
    libc.setfsuid(user)
    try:
        capset(before.effective, before.permitted, before.inheritable)
        yield
    finally:
        libc.setfsuid(0)
        libc.setfsgid(0)
