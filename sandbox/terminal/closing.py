"""Why a terminal's socket is closed, as the code that the page explains."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from sandbox.session.models import Reason

if TYPE_CHECKING:
    from sandbox.session.models import Lease


class Close(IntEnum):
    """The close codes of `terrarium.terminal.v1`."""

    FINISHED = 1000
    BAD_FRAME = 4400
    NOT_YOURS = 4403  # Also for a lab that never was.
    ENDED = 4404
    IDLE = 4408
    RESET = 4409
    LEASE_OVER = 4410
    TOO_LARGE = 4413
    COME_BACK = 4503


CLOSE: Final[dict[Reason, Close]] = {
    Reason.NONE: Close.ENDED,
    Reason.ASKED: Close.ENDED,
    Reason.RESET: Close.RESET,
    Reason.TIME: Close.LEASE_OVER,
    Reason.IDLE: Close.IDLE,
    Reason.LOST: Close.ENDED,
    Reason.DIED: Close.ENDED,
    Reason.REFUSED: Close.ENDED,
}


def close_code(lease: Lease) -> Close:
    """What a socket of this lease is closed with; while it is open, the browser may come back."""
    return Close.COME_BACK if lease.is_open else CLOSE[Reason(lease.reason)]
