"""The shim of one container: gives birth to its first process, and stays until its end.

It outlives the engine that asked for it. Whoever connects to its control socket is an engine: the
socket is 0600 in a directory of the engine's.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from typing import Any

from sandbox.boot.birth import MOST
from sandbox.boot.entry import Way
from sandbox.boot.plan import Plan
from sandbox.boot.report import Failed
from sandbox.kernel.process import pidfd_open, pidfd_send_signal
from sandbox.shim import children, orders, wire
from sandbox.shim.arrival import Arrival, depart
from sandbox.shim.delivery import Born, Midwife
from sandbox.shim.escape import Escape
from sandbox.shim.log import begun, now
from sandbox.shim.loop import IN, Loop
from sandbox.shim.orders import BadOrder, Wants, wants_from
from sandbox.shim.session import Session
from sandbox.shim.viewers import DockerViewer, TerminalViewer

MOST_SESSIONS = 32  # Ended ones beyond these are forgotten, oldest first.
MOST_KEPT = 1 << 20  # bytes of output of ended ones, for viewers who come back.
MOST_VIEWERS = 32  # Of one session; further ones are cut at once.
LINGER = 10.0  # Seconds for viewers to take the last output after the container's end.


class Shim:
    """One container's parent."""

    def __init__(self, order: dict[str, Any], plan: Plan, law: int, midwife: Midwife) -> None:
        """law: a descriptor of the compiled system call filter, which the shim keeps."""
        self._order, self._plan, self._law = order, plan, law
        self._loop = Loop()
        self._midwife = midwife
        self._engines: list[socket.socket] = []
        self._sessions: dict[str, Session] = {}
        self._arrivals: dict[str, Arrival] = {}
        self._first = -1  # pidfd
        self._start = 0
        self._devpts = -1
        self._exit: dict[str, Any] | None = None
        self._listener: socket.socket | None = None

    def serve(self, engine: socket.socket, callers: list[int]) -> None:
        """Start the container and follow it to its end. Returns when everything is said.

        Precondition: this process is a subreaper, so that it becomes the parent of what is born.
        """
        session = self._session(wire.INIT, tty=self._plan.program.tty, logged=True)
        for caller, wants in zip(callers, self._order["callers"], strict=True):
            self._join(session, caller, wants_from(wants))
        rows, columns = self._order["size"]
        born = self._midwife.deliver(self._plan, self._law, (rows, columns))
        if isinstance(born, Failed):
            said = {"step": born.step, "errno": born.errno, "detail": born.detail}
            self._answer(engine, {"said": "failed", **said})
            session.close()
            return
        self._arrived(session, born)
        self._listen()
        self._welcome(engine)
        # An engine that was killed meanwhile changes nothing: the next one will connect.
        self._answer(engine, {"said": "started", "pid": session.pid, "start": self._start})
        children.keep_parental_capabilities()
        self._loop.run()
        for each in self._sessions.values():
            each.close()

    def _arrived(self, session: Session, born: Born) -> None:
        self._devpts = born.devpts
        if session.tty:
            session.terminal(born.master)
        else:
            session.pipes(*born.pipes)
        session.pid = born.pid
        self._first = session.pidfd = pidfd_open(born.pid)
        self._start = children.start_time(born.pid)
        self._loop.watch(self._first, IN, lambda _events: self._first_ended(session))

    def _first_ended(self, session: Session) -> None:
        self._loop.forget(self._first)
        code = children.reap(session.pid)
        # Disk before anybody is told: an engine that was killed in between finds it.
        self._exit = {"code": code, "oom_killed": False, "finished_at": now()}
        with suppress(OSError):  # A full disk must not keep it from an engine that is there.
            children.replace(f"{self._order['directory']}/exit.json", json.dumps(self._exit))
        # The kernel ended every other program first, so those sessions have been told.
        for identity, arrival in self._arrivals.items():
            arrival.abandon()
            self._sessions.pop(identity).close()
        self._arrivals.clear()
        session.ended(code)
        self._tell({"said": "exit", **self._exit})
        self._loop.alarm(LINGER, self._loop.stop)
        self._leave_when_alone()

    def _leave_when_alone(self) -> None:
        if self._exit and not any(session.viewers for session in self._sessions.values()):
            self._loop.stop()

    def _session(self, identity: str, *, tty: bool, logged: bool = False) -> Session:
        log = begun(self._order["directory"], self._order["log"]) if logged else None
        session = Session(self._loop, identity, tty=tty, log=log, left=self._leave_when_alone)
        # Only the first process's input may outlast the client that brought it: StdinOnce=false.
        session.input_once = not logged or self._order["stdin_once"]
        self._sessions[identity] = session
        return session

    def _join(self, session: Session, descriptor: int, wants: Wants) -> None:
        try:
            client = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)  # Not a socket at all.
            return
        if len(session.viewers) >= MOST_VIEWERS:
            client.close()
        elif wants.terminal:
            terminal = TerminalViewer(self._loop, session, client, early=wants.early)
            session.join(terminal)
            terminal.obey_received()
        else:
            asked = {"stdin": wants.stdin, "stdout": wants.stdout, "stderr": wants.stderr}
            viewer = DockerViewer(self._loop, session, client, asked)
            viewer.escape = Escape(wants.detach if session.tty else b"")
            session.join(viewer)
            viewer.typed(wants.early)

    def _listen(self) -> None:
        listener = wire.listen(self._order["socket"])
        self._listener = listener
        self._loop.watch(listener.fileno(), IN, lambda _events: self._accept(listener))

    def _accept(self, listener: socket.socket) -> None:
        try:
            engine, _ = listener.accept()
        except OSError:
            return  # It has given up again, or there is no descriptor: the next turn tries again.
        self._welcome(engine)
        known = [
            {"id": s.id, "pid": s.pid, "tty": s.tty, "exit_code": s.exit_code}
            for s in self._sessions.values()
            if s.id not in self._arrivals
        ]
        hello = {"version": wire.VERSION, "start": self._start, "exit": self._exit}
        about = {"pid": self._sessions[wire.INIT].pid, "group": self._plan.fence.outer}
        self._answer(engine, {"said": "hello", **hello, **about, "sessions": known})

    def _welcome(self, engine: socket.socket) -> None:
        engine.setblocking(False)  # noqa: FBT003 the standard library's own signature
        self._engines.append(engine)
        self._loop.watch(engine.fileno(), IN, lambda _events: self._hear(engine))

    def _hear(self, engine: socket.socket) -> None:
        try:
            message, descriptors = wire.receive(engine)
        except BlockingIOError:
            return
        except (wire.PeerGone, wire.BadMessage, OSError):
            self._part(engine)
            return
        try:
            order = orders.understood(message)
        except BadOrder as error:
            self._refuse(engine, message, descriptors, error)
            return
        self._obey(order, descriptors, engine)

    def _refuse(
        self, engine: socket.socket, message: wire.Message, descriptors: list[int], error: BadOrder
    ) -> None:
        # An engine of another version: it hears that it failed, and the container goes on.
        sys.stderr.write(f"{now()} {error}\n")
        for descriptor in descriptors:
            os.close(descriptor)
        if "asked" in message:
            said = {"step": "order", "errno": 0, "detail": str(error)}
            self._answer(engine, {"said": "exec", "asked": message["asked"], **said})

    def _obey(self, order: orders.Order, descriptors: list[int], engine: socket.socket) -> None:
        match order:
            case orders.Exec():
                self._exec(order, descriptors, engine)
            case orders.Attach(identity, wants):
                self._attach(self._sessions.get(identity), descriptors, wants)
            case orders.Resize(identity, rows, columns):
                if session := self._sessions.get(identity):
                    session.resize(rows, columns)
            case orders.Signal(number, identity):
                self._signal(self._sessions.get(identity), number)

    def _attach(self, session: Session | None, descriptors: list[int], wants: Wants) -> None:
        for descriptor in descriptors:
            if session is None:
                os.close(descriptor)
            else:
                self._join(session, descriptor, wants)

    def _signal(self, session: Session | None, number: int) -> None:
        if session is None or session.pidfd < 0:
            return
        try:
            pidfd_send_signal(session.pidfd, number)
        except ProcessLookupError:
            return  # Its end is on the way to the engine.

    def _exec(self, order: orders.Exec, descriptors: list[int], engine: socket.socket) -> None:
        session = self._session(order.session, tty=order.program.tty)
        if order.wants is not None:
            self._attach(session, descriptors, order.wants)
        try:
            inside = self._exec_streams(session, order)
            try:
                law = os.pread(self._law, MOST, 0)
                group = self._midwife.group(self._plan.fence.group)
                way = Way(self._first, group, inside, law)
                usher, report = depart(order.program, way)
            finally:
                for descriptor in set(inside):
                    os.close(descriptor)
        except OSError as error:
            failed = Failed("exec", error.errno or 0, str(error))
            self._entered(session, order.asked, engine, failed)
            return
        self._arrivals[session.id] = Arrival(
            self._loop, usher, report, lambda how: self._entered(session, order.asked, engine, how)
        )

    def _exec_streams(self, session: Session, order: orders.Exec) -> children.Three:
        if not order.program.tty:
            inside, outside = children.streams(tty=False, stdin=order.program.stdin)
            session.pipes(*outside)
            return inside
        master, slave = children.terminal(self._devpts, self._plan.id_base)
        session.terminal(master)
        if not all(session.size):
            session.resize(*order.size)
        return (slave, slave, slave)

    def _entered(
        self, session: Session, asked: int, engine: socket.socket, how: int | Failed
    ) -> None:
        self._arrivals.pop(session.id, None)
        answer = {"said": "exec", "asked": asked}
        if isinstance(how, Failed):
            del self._sessions[session.id]
            session.close()
            said = {"step": how.step, "errno": how.errno, "detail": how.detail}
            self._answer(engine, {**answer, **said})
            return
        session.pid = how
        watched = session.pidfd = pidfd_open(how)
        self._loop.watch(watched, IN, lambda _events: self._exec_ended(session, watched))
        self._forget_oldest()
        self._answer(engine, {**answer, "pid": how})

    def _exec_ended(self, session: Session, pidfd: int) -> None:
        self._loop.forget(pidfd)
        os.close(pidfd)
        session.pidfd = -1
        if session.exit_code is None:
            code = children.reap(session.pid)
            # The engine first: a client asks it for the code when its stream has ended.
            self._tell({"said": "exec-exit", "session": session.id, "code": code})
            session.ended(code)

    def _forget_oldest(self) -> None:
        ended = [s for s in self._sessions.values() if s.finished and not s.viewers]
        kept = sum(session.ring.size for session in ended)
        for session in ended:
            if len(self._sessions) <= MOST_SESSIONS and kept <= MOST_KEPT:
                return
            kept -= session.ring.size
            del self._sessions[session.id]
            session.close()

    def _tell(self, message: dict[str, Any]) -> None:
        for engine in list(self._engines):
            self._answer(engine, message)

    def _answer(self, engine: socket.socket, message: dict[str, Any]) -> None:
        try:
            wire.send(engine, message)
        except OSError:
            self._part(engine)  # It will connect again and be told everything in the hello.

    def _part(self, engine: socket.socket) -> None:
        if engine in self._engines:
            self._engines.remove(engine)
            self._loop.forget(engine.fileno())
            engine.close()
