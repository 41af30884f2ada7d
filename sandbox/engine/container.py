"""One container as the running engine holds it: its record, its shim, and those who wait for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.engine.findings import Checkup
from sandbox.engine.restarts import Restarts
from sandbox.engine.state import LIVING, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.record import Record
    from sandbox.engine.shim import Shim


class Mode(StrEnum):
    """What a handed-over connection speaks."""

    DOCKER = "docker"  # Raw with a TTY, 8-byte frames without.
    TERMINAL = "terminal"  # terrarium.terminal.v1, length-prefixed.


@dataclass(frozen=True, slots=True)
class Wish:
    """Which streams a connection carries, and what it speaks."""

    mode: Mode = Mode.DOCKER
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    detach: bytes = b""  # Typed at a terminal: the client leaves.


@dataclass(frozen=True, slots=True)
class Caller:
    """A connection about to become a stream. Whoever holds it closes the descriptor."""

    descriptor: int
    early: bytes  # What the client sent before it was told to.
    wish: Wish


class ExecState(StrEnum):
    """Of one exec instance."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class ExecConfig:
    """What an exec instance runs."""

    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    user: str = ""
    cwd: str = ""
    tty: bool = False
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    console_size: tuple[int, int] = (0, 0)  # rows, columns
    detach_keys: str = ""


@dataclass(slots=True)
class Exec:
    """One exec instance; gone with its container's life."""

    id: str
    config: ExecConfig
    state: ExecState = ExecState.CREATED
    pid: int = 0
    exit_code: int | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)  # Its end is known.


@dataclass(slots=True, eq=False)
class Container:
    """A record and what is alive of it. The lock is held through start and removal."""

    record: Record
    shim: Shim | None = None
    execs: dict[str, Exec] = field(default_factory=dict)
    callers: list[Caller] = field(default_factory=list)  # Attached before the start.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    devices: int = 0  # Of its networks: how many were given since the start, less one.
    checkup: Checkup = field(default_factory=Checkup)
    restarts: Restarts = field(default_factory=Restarts)
    kept: bool = False  # It is being restarted: this end is not the one that --rm waits for.
    end_reason: str = ""  # Why the engine itself ended it.
    _ended: list[asyncio.Future[int]] = field(default_factory=list)
    _removed: list[asyncio.Future[int]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The full id."""
        return self.record.id

    @property
    def running(self) -> bool:
        """Whether its first process lives, as far as anybody knows."""
        return self.record.status.state in LIVING

    @property
    def paused(self) -> bool:
        """Whether its processes are frozen."""
        return self.record.status.state is State.PAUSED

    @property
    def active(self) -> bool:
        """Docker's Running: it lives, or will again by itself."""
        return self.running or self.record.status.state is State.RESTARTING

    def next_end(self) -> asyncio.Future[int]:
        """The exit code of the next end of its first process, or of a start that failed."""
        return _promise(self._ended)

    def removal(self) -> asyncio.Future[int]:
        """The last exit code, once the container is no more."""
        return _promise(self._removed)

    def tell_ended(self, code: int) -> None:
        """Keep the promises of next_end."""
        _keep(self._ended, lambda promise: promise.set_result(code))

    def tell_removed(self) -> None:
        """Keep the promises of removal; nobody waits for another end any more."""
        code = self.record.status.exit_code
        self.tell_ended(code)
        _keep(self._removed, lambda promise: promise.set_result(code))


def _promise(promises: list[asyncio.Future[int]]) -> asyncio.Future[int]:
    promise: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    promises.append(promise)
    promise.add_done_callback(lambda done: promises.remove(done) if done in promises else None)
    return promise


def _keep(promises: list[asyncio.Future[int]], keep: Callable[[asyncio.Future[int]], None]) -> None:
    waiting, promises[:] = promises[:], []
    for promise in waiting:
        if not promise.done():
            keep(promise)
