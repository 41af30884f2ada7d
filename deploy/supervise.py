"""Keeps engine and web running: starts them in order, starts again what dies, ends both cleanly.

`python -m deploy.supervise` is what deploy/run becomes. Labs belong to their shims, not to us: they
go on over our end, and the next engine finds them again; TERRARIUM_END_LABS=1 ends them with us.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deploy import installation, unixhttp, webfiles
from deploy.installation import CannotServe, Installation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
STOP_SECONDS = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
LIVED_LONG = 60.0  # A part that lived this long starts again without a pause.


@dataclass(frozen=True, slots=True)
class Part:
    """One process that shall always run, and how to see that it answers."""

    name: str
    argv: list[str]
    ready: Callable[[], Awaitable[bool]]


class Keeper:
    """Runs one part again and again, from start() to stop()."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._up = asyncio.Event()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the part answers. Raises CannotServe when it never does."""
        self._task = asyncio.create_task(self._run())
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({self._task, up}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Ends the part; it has STOP_SECONDS for its own farewell."""
        self._stop.set()
        if self._task:
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            began = time.monotonic()
            status = await self._once()
            if self._stop.is_set():
                return
            if not self._up.is_set():
                raise CannotServe(f"{self._part.name} {status}; its reason is above")
            if time.monotonic() - began > LIVED_LONG:
                pause = FIRST_PAUSE
            say(f"{self._part.name}: {status}; again in {pause:.1f} s")
            await _first(asyncio.sleep(pause), self._stop.wait())
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _once(self) -> str:
        """One life, told in words."""
        # Its own session: a Ctrl-C at the terminal is for us, who end the parts in order.
        process = await asyncio.create_subprocess_exec(*self._part.argv, start_new_session=True)
        began = time.monotonic()
        try:
            await _first(self._answers(), process.wait(), self._stop.wait())
            if process.returncode is None and not self._stop.is_set():
                say(f"{self._part.name}: ready after {time.monotonic() - began:.1f} s")
                self._up.set()
                await _first(process.wait(), self._stop.wait())
        except TimeoutError:
            return f"did not answer within {READY_SECONDS:.0f} s"
        finally:
            await _end(process)
        return f"ended with status {process.returncode}"

    async def _answers(self) -> None:
        async with asyncio.timeout(READY_SECONDS):
            while not await self._part.ready():  # noqa: ASYNC110 - it is another process's state
                await asyncio.sleep(POLL_SECONDS)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Until one is done; the others are dropped. Raises what that one raised."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    for task in done:
        task.result()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def serve(here: Installation) -> None:
    """Both parts until a signal. Raises CannotServe when one of them cannot begin."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    parts = (
        Part("engine", here.engine_argv(), lambda: engine_answers(here)),
        Part("web", here.web_argv(), lambda: web_answers(here)),
    )
    keepers = [Keeper(part) for part in parts]
    try:
        for keeper in keepers:
            await _first(keeper.start(), stop.wait())
        if not stop.is_set():
            await announce(here)
        await stop.wait()
    finally:
        # The web process ends first: its last words to the labs want an engine.
        for keeper in reversed(keepers):
            if keeper is keepers[0] and os.environ.get("TERRARIUM_END_LABS") == "1":
                await end_labs(here)
            await keeper.stop()
    say("stopped")


async def announce(here: Installation) -> None:
    """The address, and what is not well although it runs."""
    status, body = await unixhttp.tcp("GET", "/readyz", here.host, here.port)
    for name, entries in json.loads(body).get("checks", {}).items() if status else ():
        for entry in entries:
            if entry["status"] != "pass":
                say(f"not well: {name}: {entry['output']}")
    sys.stdout.write(f"\nTerrarium is at {here.address}\n")
    sys.stdout.write("Ctrl-C stops it; running labs go on and are found again.\n\n")
    sys.stdout.flush()


async def engine_answers(here: Installation) -> bool:
    """Whether the engine's own socket answers."""
    return (await unixhttp.unix("GET", "/_ping", here.engine_socket))[0] == HTTPStatus.OK


async def web_answers(here: Installation) -> bool:
    """Whether the web process is well."""
    return (await unixhttp.tcp("GET", "/healthz", here.host, here.port))[0] == HTTPStatus.OK


async def end_labs(here: Installation) -> None:
    """Remove every container of runtime `lab`."""
    _, body = await unixhttp.unix("GET", "/containers/json?all=1", here.engine_socket)
    for container in json.loads(body or "[]"):
        target = f"/containers/{container['Id']}?force=1"
        await unixhttp.unix("DELETE", target, here.engine_socket)


def free_port(here: Installation) -> None:
    """Raises CannotServe when somebody else listens at our address already."""
    family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((here.host, here.port))
        except OSError as error:
            raise CannotServe(
                f"cannot listen at {here.host} port {here.port}: {error.strerror}; "
                "give another --host or --port"
            ) from None


def say(text: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def main() -> int:
    """The command line: everything comes from the environment."""
    try:
        here = installation.configured(os.environ)
        os.environ.update(here.environment())
        installation.make_directories(here)
        free_port(here)
        webfiles.bring_up_to_date(here)
        asyncio.run(serve(here))
    except CannotServe as reason:
        sys.stderr.write(f"Terrarium cannot serve: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
