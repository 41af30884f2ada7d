"""The engine's end of one container's shim."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine import groups
from sandbox.engine.handover import wants
from sandbox.engine.plan import exec_program
from sandbox.shim import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.container import Caller
    from sandbox.engine.spec import ExecSpec, LaunchSpec

KILLED = 137  # by SIGKILL


@dataclass(slots=True)
class ExecFailed(Exception):
    """A further process could not be started."""

    step: str
    errno: int
    detail: str


class ShimGone(Exception):
    """No shim answers there."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended."""

    code: int
    oom_killed: bool = False
    finished_at: str = ""  # RFC 3339
    error: str = ""


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session as an adopted shim reports it."""

    id: str
    pid: int
    tty: bool
    exit_code: int | None

    @property
    def running(self) -> bool:
        """Whether its program has not ended."""
        return self.exit_code is None


LOST = Exit(255, error="its shim was lost, and with it the container")


class Shim:
    """A control connection to one container's shim. `exited` is kept when it ends, or is lost."""

    def __init__(self, spec: LaunchSpec, control: socket.socket) -> None:
        self._spec, self._control = spec, control
        self._loop = asyncio.get_running_loop()
        self._asked = 0
        self._answers: dict[int, asyncio.Future[wire.Message]] = {}
        self.group = spec.cgroup
        self.pid = 0
        self.start = 0
        self.sessions: tuple[KnownSession, ...] = ()
        self.exited: asyncio.Future[Exit] = self._loop.create_future()
        self.first_word: asyncio.Future[wire.Message] = self._loop.create_future()
        self.on_exec_exit: Callable[[str, int], None] = lambda _session, _code: None
        control.setblocking(False)  # noqa: FBT003 the standard library's own signature
        self._loop.add_reader(control.fileno(), self._hear)

    async def exec(self, spec: ExecSpec, caller: Caller | None) -> int:
        """The host pid of a further process. The caller's descriptor is taken over. ExecFailed."""
        self._asked += 1
        answer = self._answers[self._asked] = self._loop.create_future()
        message: wire.Message = {
            "op": "exec",
            "asked": self._asked,
            "session": spec.session,
            "program": asdict(exec_program(spec, self._spec)),
            "size": spec.console_size,
        }
        descriptors: tuple[int, ...] = ()
        if caller is not None:
            message["wants"] = wants(caller.wish, caller.early)
            descriptors = (caller.descriptor,)
        try:
            self._send(message, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        said = await answer
        if "pid" not in said:
            raise ExecFailed(said["step"], said["errno"], said["detail"])
        return int(said["pid"])

    def hand_over(self, session: str, caller: Caller) -> None:
        """Give the shim a copy of the caller's descriptor; the caller closes its own."""
        message = {"op": "attach", "session": session, "wants": wants(caller.wish, caller.early)}
        self._send(message, (caller.descriptor,))

    def resize(self, session: str, rows: int, columns: int) -> None:
        """The size of a session's terminal."""
        self._send({"op": "resize", "session": session, "rows": rows, "columns": columns})

    def signal(self, number: int, session: str = wire.INIT) -> None:
        """To a session's program."""
        self._send({"op": "signal", "number": number, "session": session})

    async def close(self) -> None:
        """Let go of the connection; the shim goes on."""
        self._part()

    def _send(self, message: wire.Message, descriptors: tuple[int, ...] = ()) -> None:
        try:
            wire.send(self._control, message, descriptors)
        except OSError:
            self._lost()

    def _hear(self) -> None:
        try:
            message, _ = wire.receive(self._control)
        except BlockingIOError:
            return
        except (wire.PeerGone, wire.BadMessage, ConnectionError):
            self._lost()
        else:
            self._heard(message)

    def _heard(self, message: wire.Message) -> None:
        match message["said"]:
            case "started" | "failed" | "hello":
                if not self.first_word.done():
                    self.first_word.set_result(message)
                # At once: the shim may close before whoever waits for its hello gets to read it.
                if message.get("exit") is not None:
                    self._ended(_exit(message["exit"], self.group))
            case "exec":
                self._answered(message)
            case "exec-exit":
                self.on_exec_exit(message["session"], message["code"])
            case "exit":
                self._ended(_exit(message, self.group))
            case unknown:
                raise ValueError(f"a shim says {unknown!r}")

    def _answered(self, message: wire.Message) -> None:
        answer = self._answers.pop(message["asked"], None)
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _lost(self) -> None:
        self._part()
        if not self.first_word.done():
            self.first_word.set_exception(ShimGone(self._spec.socket))
            self.first_word.exception()  # Read here: who waits gets it, and nobody must.
        self._ended(LOST)

    def _ended(self, how: Exit) -> None:
        gone = {"step": "exec", "errno": 0, "detail": "the container has ended"}
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(gone)
        self._answers.clear()
        if not self.exited.done():
            self.exited.set_result(how)

    def _part(self) -> None:
        if self._control.fileno() >= 0:
            self._loop.remove_reader(self._control.fileno())
            self._control.close()


def _exit(said: dict[str, Any], group: str) -> Exit:
    killed = said["code"] == KILLED and groups.oom_kills(group) > 0
    return Exit(said["code"], killed, said["finished_at"])
