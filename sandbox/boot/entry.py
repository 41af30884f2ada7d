"""One more process for a running container: the second front door, with the locks of the first.

    shim ─ usher (real root; joins the cgroup, then every namespace of the first process)
              └─ newcomer (in the pid namespace; then the program; its parent becomes the shim)

The newcomer can be seen from inside before it has executed anything, so it is not dumpable: its
/proc/PID/exe, root, fd and environ would otherwise be the host's (CVE-2019-5736).
"""

from __future__ import annotations

import os
from typing import NoReturn

from sandbox.boot.program import Program, run
from sandbox.boot.report import attempt, fail, tell
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.namespaces import CLONE, setns
from sandbox.kernel.process import PR, prctl

EVERY = (
    CLONE.NEWUSER
    | CLONE.NEWNS
    | CLONE.NEWPID
    | CLONE.NEWNET
    | CLONE.NEWUTS
    | CLONE.NEWIPC
    | CLONE.NEWCGROUP
)


def enter(  # noqa: PLR0913 one fork's worth of inheritance
    program: Program,
    *,
    pidfd: int,
    group: str,
    hierarchies: Hierarchies,
    streams: tuple[int, int, int],
    law: bytes,
    status: int,
) -> NoReturn:
    """The usher: forked by the shim. Reports pid=... of the newcomer, then ends.

    pidfd is the container's first process; ESRCH when it has ended.
    """
    prctl(PR.SET_DUMPABLE, 0)
    attempt(status, f"join cgroup {group}", hierarchies.group(group).join)
    attempt(status, "join namespaces", lambda: setns(pidfd, EVERY))
    attempt(status, "become root", _become_root)
    prctl(PR.SET_DUMPABLE, 0)
    try:
        newcomer = os.fork()
    except OSError as error:
        # EAGAIN: the learner has used up the lab's processes. Somebody waits to be told that.
        fail(status, "fork", error)
    if newcomer == 0:
        os.chdir("/")
        run(program, streams=streams, law=law, status=status)
        os._exit(1)
    tell(status, pid=newcomer)
    os._exit(0)


def _become_root() -> None:
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.setgroups([])
