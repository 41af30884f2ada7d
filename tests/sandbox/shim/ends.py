"""The ends of a shim's streams, as tests hold them: a browser, a program, and the loop between."""

from __future__ import annotations

import os
import socket
import struct
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.shim.log import Log
from sandbox.shim.loop import Loop
from sandbox.shim.session import Session
from sandbox.shim.viewers import DockerViewer, TerminalViewer

DEADLINE = 20.0  # seconds; never a measurement


def until(loop: Loop, condition: Callable[[], object], *idle: Callable[[], object]) -> None:
    """Turn the loop, and let the others act, until the condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        turn(loop)
        for act in idle:
            act()


def turn(loop: Loop) -> None:
    """One turn that does not wait long."""
    loop.alarm(0.005, lambda: None)
    loop.turn()


def quiet(loop: Loop) -> None:
    """Turn until nothing happens any more: a few turns in which nothing could."""
    for _ in range(20):
        turn(loop)


@dataclass(slots=True)
class Browser:
    """Speaks terminal.v1 on its end; acknowledges when it is told to."""

    sock: socket.socket
    output: bytearray = field(default_factory=bytearray)
    welcome: tuple[int, int, int, int] | None = None
    exited: int | None = None
    closed: bool = False
    after_exit: int = 0
    rest: bytearray = field(default_factory=bytearray)

    def send(self, payload: bytes) -> None:
        self.sock.sendall(struct.pack(">I", len(payload)) + payload)

    def hello(self, offset: int = 0) -> None:
        self.send(struct.pack(">BQ", 3, offset))

    def acknowledge(self, count: int) -> None:
        self.send(struct.pack(">BI", 2, count))

    def resize(self, columns: int, rows: int) -> None:
        self.send(struct.pack(">BHH", 1, columns, rows))

    def type(self, data: bytes) -> None:
        self.send(b"\0" + data)

    def read(self) -> int:
        """Take in what is there; the number of output bytes among it."""
        before = len(self.output)
        while not self.closed:
            try:
                data = self.sock.recv(1 << 16)
            except BlockingIOError:
                break
            except ConnectionResetError:
                data = b""
            self.closed = not data
            self.rest += data
            self._parse()
        return len(self.output) - before

    def read_and_acknowledge(self) -> None:
        if count := self.read():
            self.acknowledge(count)

    def _parse(self) -> None:
        while len(self.rest) >= 4 and len(self.rest) >= 4 + (size := _length(self.rest)):
            frame = bytes(self.rest[4 : 4 + size])
            del self.rest[: 4 + size]
            if self.exited is not None:
                self.after_exit += 1
            if frame[0] == 0:
                self.output += frame[1:]
            elif frame[0] == 3:
                _, offset, columns, rows, viewers = struct.unpack(">BQHHH", frame)
                self.welcome = (offset, columns, rows, viewers)
            else:
                _, self.exited = struct.unpack(">Bi", frame)

    def close(self) -> None:
        self.closed = True
        self.sock.close()


def _length(data: bytearray) -> int:
    return int(struct.unpack_from(">I", data)[0])


@dataclass(slots=True)
class Desk:
    """A session with a real pty or real pipes; the test is its program and its clients."""

    loop: Loop = field(default_factory=Loop)
    open: list[int] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    left: int = 0

    def session(self, *, tty: bool = True, log: Log | None = None) -> Session:
        self.sessions.append(Session(self.loop, "s", tty=tty, log=log, left=self._leave))
        return self.sessions[-1]

    def _leave(self) -> None:
        self.left += 1

    def terminal(self, session: Session, *, raw: bool = True) -> int:
        """Give it a pty; the slave, not blocking, as the program holds it."""
        master, slave = os.openpty()
        if raw:
            tty.setraw(slave)
        os.set_blocking(slave, False)
        self.open.append(slave)
        session.terminal(master)
        return slave

    def pipes(self, session: Session) -> tuple[int, int, int]:
        """Give it pipes; the program's 0, 1 and 2."""
        (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
        ours_err, theirs_err = os.pipe()
        self.open += [theirs_in, theirs_out, theirs_err]
        session.pipes(ours_in, ours_out, ours_err)
        return theirs_in, theirs_out, theirs_err

    def let_go(self, descriptor: int) -> None:
        """The program closes it."""
        self.open.remove(descriptor)
        os.close(descriptor)

    def browser(self, session: Session, *, early: bytes = b"") -> Browser:
        ours, theirs = self._pair()
        viewer = TerminalViewer(self.loop, session, theirs, early=early)
        session.join(viewer)
        viewer.obey_received()
        return Browser(ours)

    def docker(self, session: Session, **wants: bool) -> socket.socket:
        ours, theirs = self._pair()
        asked = {"stdin": True, "stdout": True, "stderr": True, **wants}
        session.join(DockerViewer(self.loop, session, theirs, asked))
        return ours

    def _pair(self) -> tuple[socket.socket, socket.socket]:
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        self.sockets.append(ours)
        return ours, theirs

    def close(self) -> None:
        for session in self.sessions:
            session.close()
        for descriptor in self.open:
            os.close(descriptor)
        for sock in self.sockets:
            sock.close()


def write_some(descriptor: int, data: bytes) -> int:
    """What the kernel takes at once; 0 when it takes nothing."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


def received(sock: socket.socket, into: bytearray) -> bool:
    """Take in what is there; False at the end."""
    while True:
        try:
            data = sock.recv(1 << 16)
        except BlockingIOError:
            return True
        if not data:
            return False
        into += data
