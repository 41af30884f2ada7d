"""The zygote's life: keep one spare shim waiting for an order, and fork the next when it is taken.

The spare stands in a berth: the namespaces, control groups and mounts that every container needs.
It holds no secret, no thread, no event loop and no descriptor but its control socket, because a
learner is root in a user namespace of processes forked from it. A shim leads a session of its own
and survives the zygote and the engine.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

from sandbox.boot import plan
from sandbox.boot.report import StepFailed
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.malloc import M, mallopt
from sandbox.kernel.process import PR, close_range, prctl, set_name
from sandbox.shim import wire
from sandbox.shim.children import hurry
from sandbox.shim.delivery import Midwife
from sandbox.shim.server import Shim

CONTROL = 3
MMAP_THRESHOLD = 128 * 1024  # bytes
NICE = 10
# Milliseconds between an order and the making of the next spare, which would get in its way: while
# a process joins a group, nobody on this host can make or remove one.
QUIET = 15
TAKEN = b"t"  # And the name of the next spare's control groups.
ENGINE_GONE = b"g"


def main() -> int:
    """Serve the control socket that the engine left at descriptor 3, until the engine closes it."""
    set_name("terrarium-zygo")
    control = socket.socket(fileno=CONTROL)
    close_range(CONTROL + 1)
    # Whoever is forked from here works in a root that an image has made: nothing is imported there.
    sys.path.clear()
    # Said aloud it stays so: else glibc raises it, and a ring of 256 KiB leaves holes of 500.
    mallopt(M.MMAP_THRESHOLD, MMAP_THRESHOLD)
    hierarchies = Hierarchies.probe()
    try:
        first, _ = wire.receive(control)
    except wire.PeerGone:
        return 0
    ahead, group = plan.decode_ahead(first["ahead"]), first["group"]
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
            os.close(heard)
            _wait_for_order(control, telling, Midwife(ahead, hierarchies), group)
        os.close(telling)
        # Nothing at all: the spare was killed, and the next one takes its place.
        said = os.read(heard, 256)
        os.close(heard)
        if said == ENGINE_GONE:
            return 0
        if said:
            group = said.removeprefix(TAKEN).decode()
        _has_word(control, QUIET)


def _wait_for_order(control: socket.socket, telling: int, midwife: Midwife, group: str) -> NoReturn:
    """The spare: forked before it is needed, so that a start does not wait for a fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    set_name("terrarium-shim")
    # Orphans of the birth, and of every exec, become this process's children.
    prctl(PR.SET_CHILD_SUBREAPER, 1)
    status = 1
    try:
        # Many at once: the next one is made meanwhile.
        if not _has_word(control, 0):
            # What cannot be had now is tried again, and told, when somebody wants it.
            with suppress(StepFailed):
                midwife.prepare(group)
            if not midwife.wait(control):
                midwife.clear()
                os._exit(status)
        order, descriptors = _order(control, telling, midwife)
        os.close(telling)
        control.close()
        _become_shim(order, descriptors, midwife)
        status = 0
    finally:
        # Not a return: the zygote's loop is below on this very stack.
        sys.stderr.flush()
        os._exit(status)


def _order(
    control: socket.socket, telling: int, midwife: Midwife
) -> tuple[dict[str, Any], list[int]]:
    try:
        order, descriptors = wire.receive(control)
    except wire.PeerGone:
        midwife.clear()
        with suppress(BrokenPipeError):
            os.write(telling, ENGINE_GONE)
        os._exit(0)
    hurry()
    with suppress(BrokenPipeError):
        os.write(telling, TAKEN + order["next"].encode())
    return order, descriptors


def _has_word(control: socket.socket, milliseconds: int) -> bool:
    """Whether there is something to read, or the end, within so long."""
    waiting = select.poll()
    waiting.register(control, select.POLLIN)
    return bool(waiting.poll(milliseconds))


def _become_shim(order: dict[str, Any], descriptors: list[int], midwife: Midwife) -> None:
    # The engine's own output may be a pipe that somebody waits on: a shim outlives the engine.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    complaints = os.open(f"{order['directory']}/shim.log", flags, 0o600)
    os.dup2(complaints, 1)
    os.dup2(complaints, 2)
    os.close(complaints)
    engine = socket.socket(fileno=descriptors[0])
    shim = Shim(order, plan.decode(order["plan"]), descriptors[1], midwife)
    shim.serve(engine, descriptors[2:])
