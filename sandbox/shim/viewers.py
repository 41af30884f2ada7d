"""The two kinds of clients of a session: Docker's raw stream, and the browser's terminal.

Both are handed over by the engine as connected sockets, which they own from then on.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from sandbox.shim import frames
from sandbox.shim.escape import Escape
from sandbox.shim.loop import ERR, HUP, IN, OUT, Loop

if TYPE_CHECKING:
    from sandbox.shim.session import Session

WINDOW = 128 * 1024  # Unacknowledged output of one viewer.
CHUNK = 64 * 1024


class DockerViewer:
    """Raw bytes with a TTY, 8-byte frames without; Docker Engine API, "Attach to a container".

    Never loses a byte: while WINDOW bytes wait for it, output is not read.
    """

    lossless = greeted = True
    size = (0, 0)  # Docker's clients resize by a request, not in the stream.

    def __init__(
        self, loop: Loop, session: Session, client: socket.socket, wants: dict[str, bool]
    ) -> None:
        self.escape = Escape(b"")  # Until somebody says by which keys it leaves.
        self._loop, self._session, self._client, self._wants = loop, session, client, wants
        self._waiting = bytearray()
        self._reading = wants["stdin"]
        self._ending = False
        client.setblocking(False)  # noqa: FBT003 the standard library's own signature
        loop.watch(client.fileno(), IN, self._ready)

    @property
    def has_room(self) -> bool:
        """Whether more output may be read for it."""
        return len(self._waiting) < WINDOW

    def output(self, stream: str, data: bytes) -> None:
        """Send, or keep until it can be sent."""
        if not self._wants[stream]:
            return
        if not self._session.tty:
            self._waiting += frames.multiplexed(stream, len(data))
        self._waiting += data
        self._flush()

    def ended(self, _code: int) -> None:
        """The program's last byte is in; close when it has been sent."""
        self._ending = True
        self._flush()

    def input_room(self, *, room: bool) -> None:
        """Whether the program takes more input at the moment."""
        self._reading = room and self._wants["stdin"]
        self._rewatch()

    def _ready(self, events: int) -> None:
        if events & ERR or (events & HUP and not self._reading):
            self.close()
            return
        if events & OUT:
            self._flush()
        if events & (IN | HUP) and self._client.fileno() >= 0:
            self._take()

    def _take(self) -> None:
        try:
            data = self._client.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if data:
            self.typed(data)
            return
        # A half-close is the end of stdin, not of output: unless others may still type.
        if self._wants["stdin"] and not self._session.input_ended():
            self.close()
        self._wants["stdin"] = self._reading = False
        self._rewatch()

    def typed(self, data: bytes) -> None:
        """Input, where it is wanted; the keys that detach end the connection."""
        data, left = self.escape.passed(data)
        if data and self._wants["stdin"]:
            self._session.input(self, data)
        if left:
            self.close()

    def _flush(self) -> None:
        try:
            while self._waiting:
                del self._waiting[: self._client.send(self._waiting[:CHUNK])]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self._ending and not self._waiting:
            self.close()
            return
        self._rewatch()
        self._session.repace()

    def _rewatch(self) -> None:
        if self._client.fileno() >= 0:
            events = (IN if self._reading else 0) | (OUT if self._waiting else 0)
            # With nothing to read or write a hang-up must still be heard.
            self._loop.want(self._client.fileno(), events or HUP)

    def close(self) -> None:
        """End the connection; safe to repeat."""
        if self._client.fileno() >= 0:
            self._loop.forget(self._client.fileno())
            self._client.close()
            self._waiting.clear()
            self._session.leave(self)


class TerminalViewer:
    """`terrarium.terminal.v1`: replays from an offset, sends what is acknowledged and no more."""

    lossless = False  # One that falls a ring behind is cut, and replays when it returns.

    def __init__(
        self, loop: Loop, session: Session, client: socket.socket, *, early: bytes = b""
    ) -> None:
        self._loop, self._session, self._client = loop, session, client
        self._received = bytearray(early)
        self._sending = bytearray()
        self._sent = -1  # Offset after the last byte sent; -1 before the client's hello.
        self._unacknowledged = 0
        self._told_end = False
        self._input_room = True
        self.size = (0, 0)  # rows, columns; of no say before the first resize
        client.setblocking(False)  # noqa: FBT003 the standard library's own signature
        loop.watch(client.fileno(), IN, self._ready)

    @property
    def greeted(self) -> bool:
        """Whether it looks on: before its hello it has no say."""
        return self._sent >= 0

    @property
    def has_room(self) -> bool:
        """Whether output read now could be sent to it. Precondition: greeted."""
        return self._unacknowledged + self._session.ring.end - self._sent < WINDOW

    def output(self, stream: str, data: bytes) -> None:  # noqa: ARG002 a viewer's shape
        """The session's ring has grown by data."""
        size = len(data)
        current = self._sent + size == self._session.ring.end and self.greeted
        if current and not self._sending and self._unacknowledged + size <= WINDOW:
            # It has all that came before: what an echo is need not go through the ring.
            self._sent += size
            self._unacknowledged += size
            self._sending += frames.output(data)
            if self._flush():
                return
        self.pump()

    def ended(self, _code: int) -> None:
        """Said after the last byte of output."""
        self.pump()

    def input_room(self, *, room: bool) -> None:
        """Whether the program takes more input at the moment."""
        self._input_room = room
        self._rewatch()

    def pump(self) -> None:
        """Send what the window and the socket allow."""
        ring = self._session.ring
        if 0 <= self._sent < ring.start:
            self.close()  # A ring behind: it comes back with its offset and replays.
            return
        while self._flush() and self._sent >= 0:
            most = min(WINDOW - self._unacknowledged, CHUNK)
            data = ring.read(self._sent, most) if most > 0 else b""
            if not data:
                self._tell_end()
                break
            self._sent += len(data)
            self._unacknowledged += len(data)
            self._sending += frames.output(data)
        self._rewatch()

    def close(self) -> None:
        """End the connection; safe to repeat."""
        if self._client.fileno() >= 0:
            self._loop.forget(self._client.fileno())
            self._client.close()
            self._session.leave(self)

    def _tell_end(self) -> None:
        done = self._session.finished and self._sent == self._session.ring.end
        if done and not self._told_end:
            self._told_end = True
            self._sending += frames.exited(self._session.exit_code or 0)
            self._flush()

    def _flush(self) -> bool:
        """True when nothing is left to send."""
        if self._client.fileno() < 0:
            return False
        try:
            while self._sending:
                del self._sending[: self._client.send(self._sending)]
            if self._told_end:
                # Not closed yet: an acknowledgement on its way to a closed socket would cost the
                # client what it has not read. It closes when it has seen the end.
                self._client.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return False
        except OSError:
            self.close()
            return False
        return not self._told_end

    def _rewatch(self) -> None:
        if self._client.fileno() >= 0:
            events = (IN if self._input_room else 0) | (OUT if self._sending else 0)
            self._loop.want(self._client.fileno(), events or HUP)

    def _ready(self, events: int) -> None:
        if events & (ERR | HUP) and not events & IN:
            self.close()
            return
        if events & OUT:
            self.pump()
        if events & IN and self._client.fileno() >= 0:
            self._take()

    def _take(self) -> None:
        try:
            data = self._client.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._received += data
        self.obey_received()

    def obey_received(self) -> None:
        """Act on the whole frames that have come. Precondition: the session knows this viewer."""
        try:
            for frame in frames.split(self._received):
                self._obey(frame)
        except frames.BadFrame:
            self.close()

    def _obey(self, frame: bytes) -> None:
        kind = frame[0]
        if self._told_end:
            return
        if kind == frames.INPUT:
            self._session.input(self, frame[1:])
        elif kind == frames.ACKNOWLEDGE:
            (count,) = frames.number(frames.COUNT, frame)
            self._acknowledged(count)
        elif kind == frames.RESIZE:
            columns, rows = frames.number(frames.SIZE, frame)
            self.size = (rows, columns)
            self._session.resize_to_viewers()
        elif kind == frames.HELLO and self._sent < 0:
            (offset,) = frames.number(frames.OFFSET, frame)
            self._greet(offset)
        else:
            raise frames.BadFrame(f"frame type {kind}")

    def _acknowledged(self, count: int) -> None:
        if count > self._unacknowledged:
            raise frames.BadFrame("more acknowledged than was sent")
        self._unacknowledged -= count
        self.pump()
        self._session.repace()

    def _greet(self, offset: int) -> None:
        self._sent = self._session.ring.nearest(offset)
        rows, columns = self._session.size
        self._sending += frames.welcome(self._sent, columns, rows, len(self._session.viewers))
        self.pump()
        self._session.repace()


Viewer = DockerViewer | TerminalViewer
