"""clone(2) as a fork that starts in new namespaces.

One system call in place of fork, unshare and a second fork: the child is the first process of a new
pid namespace at once. Precondition: a single-threaded process without an event loop.
"""

from __future__ import annotations

import ctypes
import platform
from signal import SIGCHLD

from sandbox.kernel.libc import check

_SYS_clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
# PyDLL keeps the GIL: CDLL would let go of it, and the child would wait for ever to take it back.
_libc = ctypes.PyDLL(None, use_errno=True)
_python = ctypes.pythonapi


def fork_into(flags: int) -> int:
    """Like os.fork(), with the namespace flags of clone(2): 0 in the child, its pid in the parent.

    The child must end with exec or os._exit: glibc knows nothing of it. OSError as clone(2) gives.
    """
    number, nothing = ctypes.c_long(_SYS_clone), ctypes.c_void_p(None)
    _python.PyOS_BeforeFork()
    pid = _libc.syscall(number, ctypes.c_ulong(flags | SIGCHLD), nothing, nothing, nothing, nothing)
    if pid == 0:
        _python.PyOS_AfterFork_Child()
        return 0
    _python.PyOS_AfterFork_Parent()
    return check(pid)
