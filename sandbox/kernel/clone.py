"""clone3(2) as a fork that starts in new namespaces, or in another control group.

One system call in place of fork, unshare and a second fork: the child is the first process of a new
pid namespace at once. Precondition: a single-threaded process without an event loop.
"""

from __future__ import annotations

import ctypes
from signal import SIGCHLD

from sandbox.kernel.libc import check

_SYS_clone3 = 435  # The same number on every architecture.
_INTO_CGROUP = 0x200000000


class clone_args(ctypes.Structure):
    """linux/sched.h, as of Linux 5.7."""

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            *("flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size"),
            *("tls", "set_tid", "set_tid_size", "cgroup"),
        )
    ]


# PyDLL keeps the GIL: CDLL would let go of it, and the child would wait for ever to take it back.
_libc = ctypes.PyDLL(None, use_errno=True)
_python = ctypes.pythonapi


def fork_into(flags: int, *, cgroup: int | None = None) -> int:
    """Like os.fork(), with the namespace flags of clone(2): 0 in the child, its pid in the parent.

    cgroup: a descriptor of a version 2 group's directory, in which the child begins. The child must
    end with exec or os._exit: glibc knows nothing of it. OSError as clone3(2) gives.
    """
    into = 0 if cgroup is None else _INTO_CGROUP
    args = clone_args(flags=flags | into, exit_signal=SIGCHLD, cgroup=cgroup or 0)
    number, size = ctypes.c_long(_SYS_clone3), ctypes.c_size_t(ctypes.sizeof(args))
    _python.PyOS_BeforeFork()
    pid = _libc.syscall(number, ctypes.byref(args), size)
    if pid == 0:
        _python.PyOS_AfterFork_Child()
        return 0
    _python.PyOS_AfterFork_Parent()
    return check(pid)
