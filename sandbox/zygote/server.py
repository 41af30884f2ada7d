"""The zygote's life: keep one spare shim waiting for an order, and fork the next when it is taken.

It holds no secret, no thread, no event loop and no descriptor but its control socket, because a
learner is root in a user namespace of processes forked from it. A shim leads a session of its own
and survives the zygote and the engine.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from typing import Any, NoReturn

from sandbox.boot import plan
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.malloc import M, mallopt
from sandbox.kernel.process import PR, close_range, prctl, set_name
from sandbox.shim import wire
from sandbox.shim.children import hurry
from sandbox.shim.delivery import MOST_LAW, Midwife
from sandbox.shim.server import Shim

CONTROL = 3
MMAP_THRESHOLD = 128 * 1024  # bytes
NICE = 10
TAKEN = b"t"
ENGINE_GONE = b"g"


def main() -> int:
    """Serve the control socket that the engine left at descriptor 3, until the engine closes it."""
    set_name("terrarium-zygo")
    control = socket.socket(fileno=CONTROL)
    close_range(CONTROL + 1)
    # Said aloud it stays so: else glibc raises it, and a ring of 256 KiB leaves holes of 500.
    mallopt(M.MMAP_THRESHOLD, MMAP_THRESHOLD)
    hierarchies = Hierarchies.probe()
    # Nobody waits for shims: the kernel buries them, or init once the zygote has ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # The next spare is made while the last one starts a container: that start comes first.
    os.nice(NICE)
    # What exists now is shared by every child for good: keep the collector from touching it.
    gc.disable()
    gc.freeze()
    while True:
        heard, telling = os.pipe2(os.O_CLOEXEC)
        if os.fork() == 0:
            _wait_for_order(control, telling, hierarchies)
        os.close(telling)
        # Nothing at all: the spare was killed, and the next one takes its place.
        said = os.read(heard, 1)
        os.close(heard)
        if said == ENGINE_GONE:
            return 0


def _wait_for_order(control: socket.socket, telling: int, hierarchies: Hierarchies) -> NoReturn:
    """The spare: forked before it is needed, so that a start does not wait for a fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    set_name("terrarium-shim")
    # Orphans of the birth, and of every exec, become this process's children.
    prctl(PR.SET_CHILD_SUBREAPER, 1)
    midwife = Midwife()
    try:
        order, descriptors = wire.receive(control)
    except wire.PeerGone:
        os.write(telling, ENGINE_GONE)
        os._exit(0)
    hurry()
    os.write(telling, TAKEN)
    os.close(telling)
    control.close()
    status = 1
    try:
        _become_shim(order, descriptors, hierarchies, midwife)
        status = 0
    finally:
        # Not a return: the zygote's loop is below on this very stack.
        sys.stderr.flush()
        os._exit(status)


def _become_shim(
    order: dict[str, Any], descriptors: list[int], hierarchies: Hierarchies, midwife: Midwife
) -> None:
    # The engine's own output may be a pipe that somebody waits on: a shim outlives the engine.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    complaints = os.open(f"{order['directory']}/shim.log", flags, 0o600)
    os.dup2(complaints, 1)
    os.dup2(complaints, 2)
    os.close(complaints)
    engine = socket.socket(fileno=descriptors[0])
    law = os.pread(descriptors[1], MOST_LAW, 0)
    os.close(descriptors[1])
    shim = Shim(order, plan.decode(order["plan"]), law, hierarchies)
    shim.serve(engine, descriptors[2:], midwife)
