"""The courier's life: for each order of the engine, fork one child that makes one request.

Single-threaded, no event loop, nothing of any lab open: a child is forked, joins the network
namespace that came with the order, is locked, and ends with its answer. Nobody waits for it here;
an interval timer that no program can stop ends it when its time is over.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from dataclasses import asdict
from typing import NoReturn

from sandbox.courier.locked import ANSWER, LAW, lock
from sandbox.courier.requests import perform
from sandbox.kernel.namespaces import CLONE, setns
from sandbox.kernel.process import close_range, set_name
from sandbox.kernel.seccomp import compile_filter
from sandbox.observe.codec import reach_from
from sandbox.shim import wire

CONTROL = 3
GRACE = 0.5  # seconds beyond the request's own


def main() -> int:
    """Serve the control socket that the engine left at descriptor 3, until the engine closes it."""
    set_name("terrarium-cour")
    control = socket.socket(fileno=CONTROL)
    close_range(CONTROL + 1)
    law = compile_filter(LAW)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The kernel buries the children.
    gc.disable()
    gc.freeze()
    while True:
        try:
            order, descriptors = wire.receive(control)
        except wire.PeerGone:
            return 0
        try:
            if os.fork() == 0:
                _deliver(order, descriptors, law)
        except OSError:
            pass  # No room for a child: the engine sees its pipe close without an answer.
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def _deliver(order: wire.Message, descriptors: list[int], law: bytes) -> NoReturn:
    status = 1
    try:
        asked = reach_from(order)
        namespace, answer = descriptors
        signal.setitimer(signal.ITIMER_REAL, asked.milliseconds / 1000 + GRACE)
        setns(namespace, CLONE.NEWNET)
        os.dup2(answer, ANSWER)
        lock(law)
        reached = perform(asked)
        body = json.dumps(asdict(reached)).encode()
        while body:
            body = body[os.write(ANSWER, body) :]
        status = 0
    finally:
        # Not a return: the server's loop is below on this very stack.
        sys.stderr.flush()
        os._exit(status)
