"""The way into a container that does not run: its mounts are made, for the porter alone.

Of its own, because what it needs takes as long to import as the rest of a porter takes to work.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from sandbox.boot.birth import IDS, map_ids
from sandbox.boot.plan import decode_steps
from sandbox.boot.steps import Held
from sandbox.kernel.mount import MS, mount
from sandbox.kernel.namespaces import CLONE, unshare

if TYPE_CHECKING:
    from sandbox.porter.words import Order


def stand_up(order: Order) -> int:
    """Mount its root in a mount namespace of our own; its user namespace. OSError."""
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
