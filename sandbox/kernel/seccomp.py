"""System call filters: seccomp(2), compiled by libseccomp where the engine is, installed by boot.

Two parts make one program. libseccomp knows the numbers of names and writes the list of allowed
calls for the native architecture; every other architecture is killed, because 32-bit socketcall(2)
carries its arguments where no filter sees them. Before that list stands a short program of our own
that looks at arguments: libseccomp compares all 64 bits, while the kernel drops the upper half of
an int, so that socket(1 << 32 | AF_VSOCK) would pass its comparisons.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

from sandbox.kernel.process import PR, prctl

SECCOMP_MODE_FILTER = 2
_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_ATTR_BADARCH, _ATTR_OPTIMIZE = 2, 8
_BINARY_TREE = 2
_NO_SUCH_NAME = -1  # __NR_SCMP_ERROR; smaller numbers are pseudo calls of other architectures.

_INSTRUCTION = struct.Struct("HBBI")  # struct sock_filter
_LOAD, _JUMP, _JUMP_EQUAL, _JUMP_BITS, _RETURN = 0x20, 0x05, 0x15, 0x45, 0x06
_ARGUMENTS = 16  # Offset in struct seccomp_data; the number of the call is at 0.


@dataclass(frozen=True, slots=True)
class Deny:
    """Refuses a call whose argument (its low 32 bits) is one of these values."""

    name: str
    arg: int
    values: tuple[int, ...]
    errno: int


@dataclass(frozen=True, slots=True)
class DenyBits:
    """Refuses a call whose argument (its low 32 bits) has any bit of the mask."""

    name: str
    arg: int
    mask: int
    errno: int


@dataclass(frozen=True, slots=True)
class Only:
    """Refuses a call whose argument (its low 32 bits) is none of these values.

    With given=(argument, value), only calls for which that argument has that value.
    """

    name: str
    arg: int
    values: tuple[int, ...]
    errno: int
    given: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Which calls pass. What is in neither list answers ENOSYS, as on a kernel without it.

    Programs fall back from ENOSYS; refused is for what a learner should see as a refusal (EPERM).
    """

    allowed: frozenset[str]
    refused: frozenset[str]
    checks: tuple[Deny | DenyBits | Only, ...]


class sock_fprog(ctypes.Structure):
    """struct sock_fprog, <linux/filter.h>."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


class Library:
    """libseccomp, opened by its soname: find_library() would start a compiler to look for it."""

    def __init__(self) -> None:
        """Raises OSError when libseccomp2 is not installed."""
        c = self.c = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        c.seccomp_init.restype = ctypes.c_void_p
        c.seccomp_init.argtypes = (ctypes.c_uint32,)
        c.seccomp_release.argtypes = (ctypes.c_void_p,)
        c.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)
        c.seccomp_rule_add_array.argtypes = (
            *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p),
        )
        c.seccomp_export_bpf.argtypes = (ctypes.c_void_p, ctypes.c_int)
        c.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)

    def number(self, name: str) -> int | None:
        """A call's number on the native architecture; None when it has none that we know."""
        number: int = self.c.seccomp_syscall_resolve_name(name.encode())
        return number if number > _NO_SUCH_NAME else None

    def _numbers(self, names: frozenset[str]) -> set[int]:
        return {number for name in names if (number := self.number(name)) is not None}

    def list_program(self, profile: Profile) -> bytes:
        """The allowed and refused calls as BPF."""
        context = ctypes.c_void_p(self.c.seccomp_init(_ERRNO | errno.ENOSYS))
        try:
            _checked(self.c.seccomp_attr_set(context, _ATTR_BADARCH, _KILL_PROCESS))
            _checked(self.c.seccomp_attr_set(context, _ATTR_OPTIMIZE, _BINARY_TREE))
            for names, action in (
                (profile.allowed, _ALLOW),
                (profile.refused, _ERRNO | errno.EPERM),
            ):
                for number in sorted(self._numbers(names)):
                    _checked(self.c.seccomp_rule_add_array(context, action, number, 0, None))
            return self._exported(context)
        finally:
            self.c.seccomp_release(context)

    def _exported(self, context: ctypes.c_void_p) -> bytes:
        memory = os.memfd_create("seccomp", os.MFD_CLOEXEC)
        try:
            _checked(self.c.seccomp_export_bpf(context, memory))
            return os.pread(memory, os.fstat(memory).st_size, 0)
        finally:
            os.close(memory)


def compile_filter(profile: Profile) -> bytes:
    """The profile as an array of struct sock_filter; OSError when libseccomp is missing."""
    library = Library()
    checks = b"".join(
        _check_program(check, number)
        for check in profile.checks
        if (number := library.number(check.name)) is not None
    )
    return checks + library.list_program(profile)


def unknown_names(profile: Profile) -> tuple[str, ...]:
    """The names that the installed libseccomp has no number for: these calls answer ENOSYS."""
    library = Library()
    names = profile.allowed | profile.refused
    return tuple(name for name in sorted(names) if library.number(name) is None)


def install(program: bytes) -> None:
    """prctl(PR_SET_SECCOMP) for the calling thread and its children; it cannot be taken back.

    EACCES: neither no_new_privs nor CAP_SYS_ADMIN in the caller's user namespace.
    """
    buffer = ctypes.create_string_buffer(program, len(program))
    description = sock_fprog(
        len(program) // _INSTRUCTION.size, ctypes.cast(buffer, ctypes.c_char_p)
    )
    prctl(PR.SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(description))


def _check_program(check: Deny | DenyBits | Only, number: int) -> bytes:
    body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * check.arg), *_comparison(check)]
    if isinstance(check, Only) and check.given is not None:
        argument, value = check.given
        body = [*_unless(value, _ARGUMENTS + 8 * argument, skip=len(body)), *body]
    whole = [*_unless(number, 0, skip=len(body)), *body]
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in whole)


def _unless(value: int, offset: int, *, skip: int) -> list[tuple[int, int, int, int]]:
    return [(_LOAD, 0, 0, offset), (_JUMP_EQUAL, 0, skip, value)]


def _comparison(check: Deny | DenyBits | Only) -> list[tuple[int, int, int, int]]:
    refuse = (_RETURN, 0, 0, _ERRNO | check.errno)
    match check:
        case DenyBits():
            return [(_JUMP_BITS, 0, 1, check.mask), refuse]
        case Only():
            return [*_any_of(check.values), refuse]
        case Deny():
            return [*_any_of(check.values), (_JUMP, 0, 0, 1), refuse]


def _any_of(values: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    # Each hit jumps over the comparisons after it and over one instruction more.
    last = len(values)
    return [(_JUMP_EQUAL, last - index, 0, value) for index, value in enumerate(values)]


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result), "libseccomp")
