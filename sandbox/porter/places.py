"""How a porter comes into a container's files, and what it may do there: what its root may.

In both cases it ends as root of the container's user namespace, with the container's mounts and no
others: a name in an archive, or a link that is changed meanwhile, leads nowhere else. Another pid
namespace hides it from the container.
"""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

from sandbox.kernel.credentials import CAP, capset, mask
from sandbox.kernel.namespaces import CLONE, setns
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


def join(order: Order) -> int:
    """The mounts of a running container; its user namespace. OSError."""
    setns(order.mounts, CLONE.NEWNS)
    return order.users


def become_root(users: int) -> None:
    """Of the container whose mounts are ours already. OSError."""
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
