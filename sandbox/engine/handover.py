"""What a shim is told: of the container it shall make, and of a connection handed over to it."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sandbox.boot import plan
from sandbox.engine.plan import launch_plan

if TYPE_CHECKING:
    from sandbox.engine.container import Caller, Wish
    from sandbox.engine.spec import LaunchSpec
    from sandbox.shim.wire import Message


def launch_order(spec: LaunchSpec, callers: tuple[Caller, ...], following: str) -> Message:
    """The message that makes a shim of a spare; its descriptors go beside it.

    following: the control groups of the next spare.
    """
    return {
        "op": "launch",
        "plan": plan.encode(launch_plan(spec)),
        "next": following,
        "directory": spec.directory,
        "socket": spec.socket,
        "log": asdict(spec.log) if spec.log else None,
        "stdin_once": spec.stdin_once,
        "size": spec.console_size,
        "callers": [wants(caller.wish, caller.early) for caller in callers],
    }


def wants(wish: Wish, early: bytes) -> dict[str, Any]:
    """Which streams a client carries, and what it had sent already, for the wire."""
    return {
        "mode": str(wish.mode),
        "stdin": wish.stdin,
        "stdout": wish.stdout,
        "stderr": wish.stderr,
        "detach": base64.b64encode(wish.detach).decode(),
        "early": base64.b64encode(early).decode(),
    }
