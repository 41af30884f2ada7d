"""The engine's end of a porter: who is sent for files of a container, and what it answers."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.boot.plan import encode_steps
from sandbox.engine import cgroups, ids, launching, mounting, standing
from sandbox.engine.errors import NotOffered, NotRunning, Unanswerable
from sandbox.engine.mountpoints import Kind
from sandbox.engine.record import LAB_RUNTIME
from sandbox.observe.procfs import pinned
from sandbox.porter.words import Deed, Order

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

ROOT = Path(__file__).resolve().parents[2]
# -S: no site-packages, hence nothing in it but the standard library and our own code.
_PROGRAM = (
    "import sys; sys.path.insert(0, {root!r}); from sandbox.porter.main import main; "
    "from sandbox.porter.{way} as enter; sys.exit(main(enter))"
)
_WAYS = {True: "places import join", False: "standing import stand_up"}  # Whether it runs.
_CHUNK = 1 << 17


class Porter:
    """One that is on its errand."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._in, self._out = process, process.stdin, process.stdout

    async def bring(self, pieces: AsyncIterator[bytes]) -> None:
        """Give it an archive; it may answer before it has it all."""
        with suppress(BrokenPipeError, ConnectionResetError):
            async for piece in pieces:
                self._in.write(piece)
                await self._in.drain()
            self._in.close()

    async def answer(self) -> dict[str, Any]:
        """Its first line. Raises Unanswerable."""
        try:
            said = json.loads(await self._out.readline())
        except ValueError:
            raise Unanswerable("the porter gave no answer; the engine's log says why") from None
        return dict(said)

    async def pieces(self) -> AsyncIterator[bytes]:
        """What follows it. ConnectionAbortedError where it is cut off."""
        while piece := await self._out.read(_CHUNK):
            yield piece
        if await self._process.wait():
            raise ConnectionAbortedError("a tar was cut off")


@asynccontextmanager
async def sent(host: Host, container: Container, order: Order) -> AsyncIterator[Porter]:
    """Raises NotRunning, NotOffered for a lab that does not run, EngineError for its mounts."""
    async with host.porters:
        with ExitStack() as undo:
            if container.running and order.deed is not Deed.EXPORT:
                order = await asyncio.to_thread(_through_its_doors, host, container, order, undo)
            else:
                order = _where_it_would_be(host, container, order)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", "-c", _PROGRAM.format(root=str(ROOT), way=_WAYS[order.users >= 0])),
                pass_fds=[one for one in (order.mounts, order.users) if one >= 0],
                cwd="/",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={},
            )
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            if order.deed is not Deed.UNPACK:
                process.stdin.close()
            yield Porter(process)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _through_its_doors(host: Host, container: Container, order: Order, undo: ExitStack) -> Order:
    """The descriptors of its namespaces; undo closes them."""
    pid = container.record.status.pid
    group = cgroups.box_of(host.paths.key, container.record)
    try:
        with pinned(pid) as directory:
            # Pinned before the members are read: a member then held its pid.
            if pid not in group.processes():
                raise NotRunning(container.id)
            doors = []
            for kind in ("mnt", "user"):
                flags = os.O_RDONLY | os.O_CLOEXEC
                doors.append(os.open(f"ns/{kind}", flags, dir_fd=directory))
                undo.callback(os.close, doors[-1])
    except (FileNotFoundError, ProcessLookupError):
        raise NotRunning(container.id) from None
    return replace(order, mounts=doors[0], users=doors[1])


def _where_it_would_be(host: Host, container: Container, order: Order) -> Order:
    """The steps that make its root; for an export without what is mounted there."""
    record = container.record
    if record.host.runtime == LAB_RUNTIME:
        raise NotOffered("a lab's files are on a disk of its own that only the lab has mounted")
    points = () if order.deed is Deed.EXPORT else mounting.prepared(host, container)
    kept = tuple(point for point in points if point.kind is not Kind.TMPFS)
    spec = launching.launch_spec(host, record)
    made = standing.steps(spec, kept, writable=order.deed is Deed.UNPACK)
    return replace(
        order,
        base=ids.base(record.id_range),
        stage=str(host.paths.stage),
        steps=tuple(encode_steps(made)),
    )
