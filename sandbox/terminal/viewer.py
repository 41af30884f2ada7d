"""One browser at one terminal: what it sends is checked and passed on, what it gets is handed over.

Nothing here waits: neither for the lab, nor for the database, nor for the browser.
"""

from __future__ import annotations

from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, Any

from sandbox.terminal.closing import Close
from sandbox.terminal.frames import (
    DATA,
    EXITED,
    MAX_MESSAGE,
    Ack,
    BadFrame,
    FromClient,
    Hello,
    Input,
    Notice,
    Resize,
    decode,
    encode,
    encode_served,
)
from sandbox.terminal.stream import Overflow, ShimStream

if TYPE_CHECKING:
    from sandbox.terminal.outlet import Outlet

# What a browser may send before its shim is found: a hello, a size, and some eager typing.
EARLY_BYTES = 64 * 1024


class NoticeCode(IntEnum):
    """What a Notice tells."""

    LEASE = 1  # {"ends_at", "server_time"}: the lease ends soon.
    INPUT = 2  # {"hold": bool}: wait with more input, or go on.


class Phase(Enum):
    """How far a browser has come."""

    SILENT = auto()  # It has not said hello.
    GREETED = auto()
    CLOSED = auto()


class Viewer:
    """One WebSocket of a terminal."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._phase = Phase.SILENT
        self._stream: ShimStream | None = None
        self._early: list[bytes] = []
        self.used = False  # Something was typed since the watch last looked.
        self.exited = False

    def receive(self, message: bytes | None) -> None:
        """One message of the browser; None stands for a text message, of which there are none."""
        if self._phase is Phase.CLOSED:
            return
        if message and message[0] == DATA and self._passed_on(message):
            return
        if message is None:
            self.close(Close.BAD_FRAME)
        elif len(message) > MAX_MESSAGE:
            self.close(Close.TOO_LARGE)
        else:
            self._take(message)

    def join(self, stream: ShimStream) -> None:
        """The shim is found: what the browser said meanwhile goes to it."""
        if self._phase is Phase.CLOSED:
            stream.close()
            return
        self._outlet.full, self._outlet.free = stream.pause, stream.resume
        self._stream = stream
        early, self._early = self._early, []
        for message in early:
            stream.send(message)

    def deliver(self, message: bytes) -> None:
        """One message of the shim."""
        if self._phase is Phase.CLOSED:
            return
        if message[0] == EXITED:
            self.exited = True
        self._outlet.put(message)

    def hold(self) -> None:
        """The shim is behind with its input."""
        self.notify(NoticeCode.INPUT, {"hold": True})

    def go_on(self) -> None:
        """The shim has caught up."""
        self.notify(NoticeCode.INPUT, {"hold": False})

    def notify(self, code: NoticeCode, detail: dict[str, Any]) -> None:
        """Tell the page something beside the terminal's bytes."""
        if self._phase is not Phase.CLOSED:
            self._outlet.put(encode_served(Notice(code, detail)))

    def close(self, code: Close) -> None:
        """Close the socket and leave the shim; safe to repeat, the first code counts."""
        if self._phase is not Phase.CLOSED:
            self._phase = Phase.CLOSED
            self._outlet.close(code)
        self.leave()

    def leave(self) -> None:
        """Let go of the shim; the browser is gone or was sent away."""
        self._phase = Phase.CLOSED
        self._early.clear()
        if self._stream is not None:
            self._stream.close()

    def _passed_on(self, message: bytes) -> bool:
        """Pass a keystroke on by the short way; False when it takes the long one."""
        if self._stream is None or self._phase is not Phase.GREETED or len(message) > MAX_MESSAGE:
            return False
        self.used = self.used or len(message) > 1
        try:
            self._stream.send(message)
        except Overflow:
            self.close(Close.TOO_LARGE)
        return True

    def _take(self, message: bytes) -> None:
        try:
            self._pass_on(self._checked(message))
        except BadFrame:
            self.close(Close.BAD_FRAME)
        except Overflow:
            self.close(Close.TOO_LARGE)

    def _checked(self, message: bytes) -> bytes:
        """The message as the shim gets it. Raises BadFrame; hello comes first, and once."""
        frame: FromClient = decode(message)
        if isinstance(frame, Hello) is not (self._phase is Phase.SILENT):
            raise BadFrame("hello comes first, and once")
        match frame:
            case Input(data):
                self.used = self.used or bool(data)
                return message
            case Resize():
                return encode(frame)  # Decoding has cut it to what a terminal can be.
            case Ack():
                return message
            case Hello():
                self._phase = Phase.GREETED
                return message

    def _pass_on(self, message: bytes) -> None:
        if self._stream is not None:
            self._stream.send(message)
            return
        self._early.append(message)
        if sum(map(len, self._early)) > EARLY_BYTES:
            raise Overflow
