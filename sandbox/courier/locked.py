"""How a process of ours that talks to a lab's programs is locked: for good, before the first byte.

It answers to nobody in the lab: another pid namespace hides it, no id of the lab owns it. What it
could do if a program of the lab took it over is what is left below: connected sockets in the
network it was sent to, and one pipe.
"""

from __future__ import annotations

import os
import resource
from errno import EAFNOSUPPORT, EPERM

from sandbox.kernel.process import PR, close_range, prctl
from sandbox.kernel.seccomp import Only, Profile, install

NOBODY = 65534
ANSWER = 3  # The descriptor that stays open beside 0 to 2, which are /dev/null.
AF_INET, AF_INET6, FIONBIO = 2, 10, 0x5421
LIMITS = {
    resource.RLIMIT_CPU: 3,  # seconds
    resource.RLIMIT_AS: 256 << 20,  # bytes
    resource.RLIMIT_NOFILE: 16,
    resource.RLIMIT_FSIZE: 0,  # It may write to pipes and sockets, and to no file.
    resource.RLIMIT_CORE: 0,
}
# No open, no exec, no fork, no ptrace, no signal: memory, clocks, and sockets of two families.
CALLS = """
    brk mmap munmap mremap madvise mprotect futex getrandom restart_syscall
    clock_gettime clock_nanosleep gettimeofday nanosleep
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack getpid gettid
    read write close lseek fstat newfstatat fcntl ioctl poll ppoll select pselect6
    socket connect sendto recvfrom sendmsg recvmsg shutdown
    getsockopt setsockopt getsockname getpeername exit exit_group
"""
LAW = Profile(
    allowed=frozenset(CALLS.split()),
    refused=frozenset(),
    checks=(
        Only("socket", 0, (AF_INET, AF_INET6), EAFNOSUPPORT),
        Only("ioctl", 1, (FIONBIO,), EPERM),
    ),
)


def lock(law: bytes) -> None:
    """Precondition: the namespace is entered, and the descriptors above ANSWER are not needed."""
    os.dup2(0, 2)  # The engine's log is not for it.
    close_range(ANSWER + 1)
    for what, most in LIMITS.items():
        resource.setrlimit(what, (most, most))
    prctl(PR.SET_NO_NEW_PRIVS, 1)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    # The last id that had capabilities goes, and they with it.
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # After the ids: changing them may make a process dumpable again, prctl(2).
    prctl(PR.SET_DUMPABLE, 0)
    install(law)
