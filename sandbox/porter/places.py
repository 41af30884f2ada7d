"""How a porter comes into a container's files, and what it may do there: what its root may.

In both cases it ends as root of the container's user namespace, with the container's mounts and no
others: a name in an archive, or a link that is changed meanwhile, leads nowhere else. Another pid
namespace hides it from the container.
"""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING

from sandbox.boot.birth import IDS, map_ids
from sandbox.boot.plan import decode_steps
from sandbox.boot.steps import Held
from sandbox.kernel.credentials import CAP, capset, mask
from sandbox.kernel.mount import MS, mount
from sandbox.kernel.namespaces import CLONE, setns, unshare
from sandbox.kernel.process import PR, prctl

if TYPE_CHECKING:
    from sandbox.porter.words import Order

# What files of every owner ask for; no mount, no ptrace, no signal.
_NEEDED = (CAP.CHOWN, CAP.DAC_OVERRIDE, CAP.DAC_READ_SEARCH, CAP.FOWNER, CAP.FSETID, CAP.SETFCAP)
LIMITS = {
    resource.RLIMIT_AS: 512 << 20,  # bytes: what an archive claims to need is not believed.
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
}


def enter(order: Order) -> None:
    """OSError as the kernel gives it."""
    if order.mounts >= 0:
        setns(order.mounts, CLONE.NEWNS)
        users = order.users
    else:
        users = _stand_up(order)
    setns(users, CLONE.NEWUSER)
    os.chdir("/")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.umask(0)
    for what, most in LIMITS.items():
        resource.setrlimit(what, (most, most))
    kept = mask(_NEEDED)
    capset(kept, kept, 0)
    prctl(PR.SET_NO_NEW_PRIVS, 1)
    # After the ids: changing them may make a process dumpable again, prctl(2).
    prctl(PR.SET_DUMPABLE, 0)


def _stand_up(order: Order) -> int:
    """Mount the container's root in a mount namespace of our own; its user namespace."""
    users = _users(order.base)
    unshare(CLONE.NEWNS)
    mount(None, "/", None, MS.REC | MS.PRIVATE)
    flags = MS.NOSUID | MS.NODEV | MS.NOEXEC
    mount("stage", order.stage, "tmpfs", flags, "mode=700,size=256k")
    os.chdir(order.stage)
    held = Held(users=users)
    try:
        for step in decode_steps(order.steps):
            step.apply(held)
    finally:
        held.close()
    return users


def _users(base: int) -> int:
    """A user namespace with a container's ids; the process that it is made with ends at once."""
    hearing, telling = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        try:
            unshare(CLONE.NEWUSER)
            os.write(telling, b"x")
            signal.pause()
        finally:
            os._exit(1)
    os.close(telling)
    try:
        if not os.read(hearing, 1):
            raise OSError(0, "no user namespace could be made")
        procfs = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            map_ids(procfs, child, f"0 {base} {IDS}")
            flags = os.O_RDONLY | os.O_CLOEXEC
            return os.open(f"{child}/ns/user", flags, dir_fd=procfs)
        finally:
            os.close(procfs)
    finally:
        os.close(hearing)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
