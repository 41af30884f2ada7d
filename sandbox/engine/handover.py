"""What the shim must know of a connection that is handed over to it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.engine.container import Wish


def wants(wish: Wish, early: bytes) -> dict[str, Any]:
    """Which streams a client carries, and what it had sent already, for the wire."""
    return {
        "mode": str(wish.mode),
        "stdin": wish.stdin,
        "stdout": wish.stdout,
        "stderr": wish.stderr,
        "early": base64.b64encode(early).decode(),
    }
