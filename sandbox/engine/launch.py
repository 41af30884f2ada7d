"""The engine's end of zygote and shims."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine import disks, groups
from sandbox.engine.handover import launch_order, wants
from sandbox.engine.plan import LAB, exec_program
from sandbox.engine.zygote import Zygote, law_file
from sandbox.kernel import filters, seccomp
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.shim import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.container import Caller
    from sandbox.engine.spec import ExecSpec, LaunchSpec

HELLO_SECONDS = 5.0
KILLED = 137  # by SIGKILL


@dataclass(slots=True)
class LaunchFailed(Exception):
    """A step of the birth failed; nothing of it is left."""

    step: str
    errno: int
    detail: str


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

    def signal(self, number: int) -> None:
        """To the first process."""
        self._send({"op": "signal", "number": number})

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
                    self._ended(_exit(message["exit"], self._spec))
            case "exec":
                self._answered(message)
            case "exec-exit":
                self.on_exec_exit(message["session"], message["code"])
            case "exit":
                self._ended(_exit(message, self._spec))
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


class Launcher:
    """Starts containers, and finds those that an earlier engine started."""

    def __init__(self) -> None:
        self._zygote = Zygote()
        self._hierarchies = Hierarchies.probe()
        self._laws = {
            "lab": seccomp.compile_filter(filters.LAB),
            "default": seccomp.compile_filter(filters.DEFAULT),
            "unconfined": b"",
        }

    @property
    def alive(self) -> bool:
        """Whether the zygote runs."""
        return self.zygote_pid is not None

    @property
    def zygote_pid(self) -> int | None:
        """None when it does not run."""
        return self._zygote.pid

    async def start(self) -> None:
        """Start the zygote."""
        await self._zygote.start()

    async def close(self) -> None:
        """End the zygote. Containers go on."""
        await self._zygote.close()

    async def launch(self, spec: LaunchSpec, callers: tuple[Caller, ...] = ()) -> Shim:
        """Start a container; the callers are attached before its program runs.

        The callers' descriptors stay theirs to close. Raises LaunchFailed with nothing left behind
        but files in the container's directory.
        """
        try:
            await self._prepare(spec)
        except OSError as error:
            raise LaunchFailed("prepare", error.errno or 0, str(error)) from error
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                await self._order(spec, callers, theirs)
        except OSError as error:
            ours.close()
            raise LaunchFailed("zygote", error.errno or 0, str(error)) from error
        shim = Shim(spec, ours)
        try:
            word = await shim.first_word
        except ShimGone:
            word = {"said": "failed", "step": "shim", "errno": 0, "detail": "the shim was lost"}
        if word["said"] == "failed":
            await shim.close()
            await asyncio.to_thread(groups.take_away, self._hierarchies.group(spec.cgroup))
            raise LaunchFailed(word["step"], word["errno"], word["detail"])
        shim.pid, shim.start = word["pid"], word["start"]
        return shim

    async def adopt(self, spec: LaunchSpec) -> Shim:
        """Find the shim of a container that an earlier engine started. Raises ShimGone."""
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            control.setblocking(False)  # noqa: FBT003 the standard library's own signature
            control.connect(spec.socket)  # EAGAIN: its queue is full, so nobody serves it.
        except OSError as error:
            control.close()
            raise ShimGone(spec.socket) from error
        shim = Shim(spec, control)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await shim.first_word
        except TimeoutError as late:
            await shim.close()
            raise ShimGone(spec.socket) from late
        shim.pid, shim.start = hello["pid"], hello["start"]
        shim.sessions = tuple(KnownSession(**session) for session in hello["sessions"])
        return shim

    async def _prepare(self, spec: LaunchSpec) -> None:
        directory = Path(spec.directory)
        (directory / "stage").mkdir(exist_ok=True)
        for stale in (Path(spec.socket), directory / "exit.json"):
            stale.unlink(missing_ok=True)
        if spec.runtime == LAB:
            await disks.make(directory / "disk.img", spec.disk, spec.id_base)

    async def _order(
        self, spec: LaunchSpec, callers: tuple[Caller, ...], theirs: socket.socket
    ) -> None:
        order = launch_order(spec, self._hierarchies, callers)
        law = law_file(self._laws[spec.seccomp])
        try:
            descriptors = (theirs.fileno(), law, *(caller.descriptor for caller in callers))
            await self._zygote.send(order, descriptors)
        finally:
            os.close(law)


def _exit(said: dict[str, Any], spec: LaunchSpec) -> Exit:
    killed = said["code"] == KILLED and groups.oom_kills(spec.cgroup) > 0
    return Exit(said["code"], killed, said["finished_at"])
