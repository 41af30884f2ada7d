"""The shim of one container: gives birth to its first process, and stays until its end.

It outlives the engine that asked for it. Whoever connects to its control socket is an engine: the
socket is 0600 in a directory of the engine's.
"""

from __future__ import annotations

import base64
import json
import os
import socket
from typing import Any

from sandbox.boot import entry
from sandbox.boot.plan import Plan, decode_program
from sandbox.boot.program import Program
from sandbox.boot.report import Failed, outcome
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.process import PR, pidfd_open, pidfd_send_signal, prctl, set_name
from sandbox.kernel.pty import openpty, set_winsize
from sandbox.shim import children, wire
from sandbox.shim.children import Three
from sandbox.shim.delivery import Born, deliver
from sandbox.shim.log import Log, now
from sandbox.shim.loop import IN, Loop
from sandbox.shim.session import Session
from sandbox.shim.viewers import DockerViewer, TerminalViewer

INIT = "init"
MOST_SESSIONS = 32  # Ended ones beyond these are forgotten, oldest first.
LINGER = 10.0  # Seconds for viewers to take the last output after the container's end.


class Shim:
    """One container's parent."""

    def __init__(
        self, order: dict[str, Any], plan: Plan, law: bytes, hierarchies: Hierarchies
    ) -> None:
        self._order, self._plan, self._law = order, plan, law
        self._loop = Loop()
        self._hierarchies = hierarchies
        self._engines: list[socket.socket] = []
        self._sessions: dict[str, Session] = {}
        self._first = -1  # pidfd
        self._start = 0
        self._devpts = -1
        self._exit: dict[str, Any] | None = None
        self._listener: socket.socket | None = None

    def serve(self, engine: socket.socket, callers: list[int]) -> None:
        """Start the container and follow it to its end. Returns when everything is said."""
        set_name("terrarium-shim")
        # Orphans of the birth, and of every exec, become this process's children.
        prctl(PR.SET_CHILD_SUBREAPER, 1)
        session = self._session(INIT, tty=self._plan.program.tty, logged=True)
        for caller, wants in zip(callers, self._order["callers"], strict=True):
            self._join(session, caller, wants)
        rows, columns = self._order["size"]
        born = deliver(self._plan, self._law, size=(rows, columns), hierarchies=self._hierarchies)
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
        self._first = pidfd_open(born.pid)
        self._start = children.start_time(born.pid)
        self._loop.watch(self._first, IN, lambda _events: self._first_ended(session))

    def _first_ended(self, session: Session) -> None:
        self._loop.forget(self._first)
        code = children.reap(session.pid)
        # Disk before anybody is told: an engine that was killed in between finds it.
        self._exit = {"code": code, "oom_killed": False, "finished_at": now()}
        children.write_durably(f"{self._order['directory']}/exit.json", json.dumps(self._exit))
        session.ended(code)
        for other in self._sessions.values():
            if other.exit_code is None:
                other.ended(children.reap(other.pid))
        self._tell({"said": "exit", **self._exit})
        self._loop.alarm(LINGER, self._loop.stop)
        self._leave_when_alone()

    def _leave_when_alone(self) -> None:
        if self._exit and not any(session.viewers for session in self._sessions.values()):
            self._loop.stop()

    def _session(self, identity: str, *, tty: bool, logged: bool = False) -> Session:
        log = Log(f"{self._order['directory']}/log.json", self._order["log"]) if logged else None
        session = Session(self._loop, identity, tty=tty, log=log, left=self._leave_when_alone)
        # Only the first process's input may outlast the client that brought it: StdinOnce=false.
        session.input_once = not logged or self._order["stdin_once"]
        self._sessions[identity] = session
        return session

    def _join(self, session: Session, descriptor: int, wants: dict[str, Any]) -> None:
        client = socket.socket(fileno=descriptor)
        early = base64.b64decode(wants["early"])
        if wants["mode"] == "terminal":
            terminal = TerminalViewer(self._loop, session, client, early=early)
            session.join(terminal)
            terminal.obey_received()
            return
        asked = {name: bool(wants[name]) for name in ("stdin", "stdout", "stderr")}
        viewer = DockerViewer(self._loop, session, client, asked)
        session.join(viewer)
        if early and asked["stdin"]:
            session.input(viewer, early)

    def _listen(self) -> None:
        listener = wire.listen(self._order["socket"])
        self._listener = listener
        self._loop.watch(listener.fileno(), IN, lambda _events: self._accept(listener))

    def _accept(self, listener: socket.socket) -> None:
        engine, _ = listener.accept()
        self._welcome(engine)
        known = [
            {"id": s.id, "pid": s.pid, "tty": s.tty, "exit_code": s.exit_code}
            for s in self._sessions.values()
        ]
        hello = {"version": wire.VERSION, "start": self._start, "exit": self._exit}
        pid = self._sessions[INIT].pid
        self._answer(engine, {"said": "hello", **hello, "pid": pid, "sessions": known})

    def _welcome(self, engine: socket.socket) -> None:
        engine.setblocking(False)  # noqa: FBT003 the standard library's own signature
        self._engines.append(engine)
        self._loop.watch(engine.fileno(), IN, lambda _events: self._hear(engine))

    def _hear(self, engine: socket.socket) -> None:
        try:
            message, descriptors = wire.receive(engine)
        except BlockingIOError:
            return
        except (wire.PeerGone, ConnectionError):
            self._part(engine)
            return
        match message["op"]:
            case "exec":
                self._answer(engine, self._exec(message, descriptors))
            case "attach":
                self._attach(message, descriptors)
            case "resize":
                if session := self._sessions.get(message["session"]):
                    session.resize(message["rows"], message["columns"])
            case "signal":
                self._signal(message["number"])
            case unknown:
                raise ValueError(f"an engine asks for {unknown!r}")

    def _attach(self, message: dict[str, Any], descriptors: list[int]) -> None:
        session = self._sessions.get(message["session"])
        if session is None:
            os.close(descriptors[0])
        else:
            self._join(session, descriptors[0], message["wants"])

    def _signal(self, number: int) -> None:
        try:
            pidfd_send_signal(self._first, number)
        except ProcessLookupError:
            return  # Its end is on the way to the engine.

    def _exec(self, message: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        program = decode_program(message["program"])
        answer = {"said": "exec", "asked": message["asked"]}
        session = self._session(message["session"], tty=program.tty)
        for descriptor in descriptors:
            self._join(session, descriptor, message["wants"])
        try:
            inside, outside = self._exec_streams(program, message["size"])
        except OSError as error:
            failure: Failed | None = Failed("terminal", error.errno or 0, str(error))
            return self._refused(session, failure, answer)
        reading, status = os.pipe2(os.O_CLOEXEC)
        if (usher := os.fork()) == 0:
            entry.enter(
                program,
                pidfd=self._first,
                group=self._plan.group,
                hierarchies=self._hierarchies,
                streams=inside,
                law=self._law,
                status=status,
            )
        for descriptor in {status, *inside} - {-1}:
            os.close(descriptor)
        facts, failure = outcome(reading)
        os.close(reading)
        os.waitpid(usher, 0)
        if failure is not None or "pid" not in facts:
            if "pid" in facts:
                children.reap(facts["pid"])
            for descriptor in set(outside) - {-1}:
                os.close(descriptor)
            return self._refused(session, failure, answer)
        self._entered(session, facts["pid"], outside, message["size"])
        return {**answer, "pid": session.pid}

    def _exec_streams(self, program: Program, size: list[int]) -> tuple[Three, Three]:
        if not program.tty:
            return children.streams(tty=False, stdin=program.stdin)
        master, slave = openpty(self._devpts)
        os.fchown(slave, self._plan.id_base, -1)
        if all(size):
            set_winsize(master, *size)
        return (slave, slave, slave), (master, -1, -1)

    def _refused(
        self, session: Session, failure: Failed | None, answer: dict[str, Any]
    ) -> dict[str, Any]:
        failure = failure or Failed("exec", 0, "the process ended without a word")
        del self._sessions[session.id]
        session.close()
        said = {"step": failure.step, "errno": failure.errno, "detail": failure.detail}
        return {**answer, **said}

    def _entered(self, session: Session, pid: int, outside: Three, size: list[int]) -> None:
        session.pid = pid
        if session.tty:
            session.terminal(outside[0])
            session.size = (size[0], size[1])
        else:
            session.pipes(*outside)
        watched = pidfd_open(pid)
        self._loop.watch(watched, IN, lambda _events: self._exec_ended(session, watched))
        self._forget_oldest()

    def _exec_ended(self, session: Session, pidfd: int) -> None:
        self._loop.forget(pidfd)
        os.close(pidfd)
        if session.exit_code is None:
            code = children.reap(session.pid)
            # The engine first: a client asks it for the code when its stream has ended.
            self._tell({"said": "exec-exit", "session": session.id, "code": code})
            session.ended(code)

    def _forget_oldest(self) -> None:
        ended = [s for s in self._sessions.values() if s.finished and not s.viewers]
        for session in ended[: max(len(self._sessions) - MOST_SESSIONS, 0)]:
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
