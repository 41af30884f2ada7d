"""Whom we are measured against, each started for one run and ended after it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.sockets import RawTerminal, TerminadoTerminal, WebSocket
from tests.running import free_port
from tests.witness import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "bench"
NODE_PEER = HERE / "node_peer"
NPM_SECONDS = 60


class NotHere(Exception):
    """This peer cannot be had on this machine, and why."""


@dataclass(frozen=True, slots=True)
class Server:
    """Something that gives terminals; `pids` are the processes whose memory counts as its own."""

    name: str
    open: Callable[[], RawTerminal]
    beside: Callable[[], RawTerminal]  # A second terminal, of another shell, at the same server.
    pids: tuple[int, ...]


@contextmanager
def floor() -> Iterator[Server]:
    """A single-threaded C program between pty and WebSocket. Raises NotHere without gcc."""
    CACHE.mkdir(parents=True, exist_ok=True)
    program = CACHE / "floor"
    if shutil.which("gcc") is None:
        raise NotHere("no gcc")
    source = HERE / "floor.c"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-o", program, source, "-lutil"], check=True)
    with _listening([str(program)], RawTerminal) as (opener, pid):
        yield Server("floor (C)", opener, opener, (pid,))


@contextmanager
def terminado() -> Iterator[Server]:
    """Jupyter's terminal server."""
    argv = [sys.executable, str(HERE / "terminado_peer.py")]
    with _listening(argv, TerminadoTerminal) as (opener, pid):
        yield Server("terminado", opener, opener, (pid,))


@contextmanager
def node_pty() -> Iterator[Server]:
    """node-pty and ws. Raises NotHere when npm cannot fetch them."""
    modules = _node_modules()
    argv = ["node", str(NODE_PEER / "server.js")]
    with _listening(argv, RawTerminal, {"NODE_PATH": str(modules)}) as (opener, pid):
        yield Server("node-pty + ws", opener, opener, (pid,))


def _node_modules() -> Path:
    """The peer's packages by its lock file, once. Raises NotHere."""
    place = CACHE / "node"
    modules = place / "node_modules"
    if (modules / ".package-lock.json").is_file():
        return modules
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NotHere("no node")
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(NODE_PEER / name, place / name)
    try:
        done = subprocess.run(
            ["npm", "ci"], cwd=place, capture_output=True, check=False, timeout=NPM_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise NotHere(f"npm did not fetch ws and node-pty within {NPM_SECONDS} s") from None
    if done.returncode:
        raise NotHere("npm could not fetch ws and node-pty")
    return modules


@contextmanager
def _listening(
    argv: list[str], terminal: type[RawTerminal], env: dict[str, str] | None = None
) -> Iterator[tuple[Callable[[], RawTerminal], int]]:
    port = free_port()
    child = subprocess.Popen(
        [*argv, str(port)],
        env={**os.environ, **(env or {}), "PS1": "% "},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def opener() -> RawTerminal:
        return terminal(WebSocket(port))

    def answers() -> bool:
        with suppress(OSError):
            opener().socket.socket.close()
            return True
        return False

    try:
        if not settled(answers, within=20):
            raise NotHere(f"{argv[0]} does not listen")
        yield opener, child.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
