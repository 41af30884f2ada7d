"""The courier as the engine's child, and requests through it into a container's network."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine import cgroups
from sandbox.engine.errors import BadParameter, NotRunning
from sandbox.observe import codec
from sandbox.observe.entrance import network_doors
from sandbox.observe.reach import Reach, Reached
from sandbox.shim import wire

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
# With site-packages: h11 reads what a hostile server says better than code of ours would.
PROGRAM = (
    "import os, sys; os.dup2({control}, 3); sys.path.insert(0, {root!r}); "
    "from sandbox.courier.server import main; sys.exit(main())"
)
AT_ONCE = 128  # children of the courier, each about 1 MiB of its own
AT_ONCE_EACH = 4  # of one container: its slow servers make nobody else wait
MAX_ANSWER = 1 << 20  # bytes
PATIENCE = 1.5  # seconds beyond the request's own, after which the child has been ended
_GONE = Reached("gone", "no such network namespace", 0, "", "", 0)
_FAULT = Reached("fault", "the courier gave no answer", 0, "", "", 0)


class Courier:
    """Owns the process and our end of its control socket."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """End it; requests under way end by themselves."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            await self._process.wait()

    async def bring(self, asked: Reach, door: int) -> Reached:
        """What came of one request from the namespace behind a descriptor, the caller's."""
        async with self._room:
            hearing, telling = os.pipe2(os.O_CLOEXEC)
            try:
                await self._send(codec.to_json(asked), (door, telling))
            except OSError:
                os.close(hearing)
                return _FAULT
            finally:
                os.close(telling)
            return await _answer(hearing, asked.milliseconds / 1000 + PATIENCE)

    async def _send(self, order: wire.Message, descriptors: tuple[int, ...]) -> None:
        async with self._starting:
            if (
                self._control is None
                or self._process is None
                or self._process.returncode is not None
            ):
                await self._start()
            assert self._control is not None
            try:
                wire.send(self._control, order, descriptors)
            except OSError:
                # It died a moment ago: nobody has noticed yet.
                await self._start()
                wire.send(self._control, order, descriptors)

    async def _start(self) -> None:
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-c", PROGRAM.format(control=theirs.fileno(), root=str(ROOT))),
                pass_fds=(theirs.fileno(),),
                cwd="/",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                env={},
            )
        self._control = ours


async def reach(host: Host, container: Container, asked: list[Any]) -> list[dict[str, Any]]:
    """The answers to requests from the container's network namespaces, as JSON, in order.

    Raises NotRunning, BadParameter.
    """
    if not container.running:
        raise NotRunning(container.id)
    try:
        reaches = codec.reaches_from(asked)
    except ValueError as error:
        raise BadParameter(str(error)) from None
    group = cgroups.box_of(host.paths.key, container.record)
    wanted = {one.network for one in reaches}
    turn = asyncio.Semaphore(AT_ONCE_EACH)
    with ExitStack() as undo:
        doors = await asyncio.to_thread(network_doors, group, wanted, undo)

        async def one(each: Reach) -> Reached:
            if each.network not in doors:
                return _GONE
            async with turn:
                return await host.courier.bring(each, doors[each.network])

        answers = await asyncio.gather(*map(one, reaches))
    return [codec.to_json(answer) for answer in answers]


async def _answer(hearing: int, seconds: float) -> Reached:
    reader = asyncio.StreamReader()
    with os.fdopen(hearing, "rb", buffering=0) as pipe:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            async with asyncio.timeout(seconds):
                said = await reader.read(MAX_ANSWER)
                while more := await reader.read(MAX_ANSWER - len(said) + 1):
                    said += more
            return codec.reached_from(json.loads(said))
        except (TimeoutError, ValueError) as error:
            log.warning("a request into a lab's network was not answered by ours: %r", error)
            return _FAULT
        finally:
            transport.close()
