"""Docker's Engine API over a Unix socket, as the web process asks it.

One connection per request: the engine is on this host, where a connection costs little.
Raises EngineUnreachable and EngineRefused (wire.py) and nothing else for what the engine does.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import h11

from sandbox.dockerapi.wire import (
    Command,
    EngineRefused,
    EngineUnreachable,
    LabContainer,
    Listed,
    OutputTooLong,
    Ran,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 64 << 20  # A Snapshot of a full lab stays below one MiB.
ANSWER_SECONDS = 30.0
TERMINAL = "terrarium.terminal.v1"
_FRAME_HEAD = 8
EXIT_PAUSES = (0.0, 0.002, 0.01, 0.05, 0.2, 0.5, 1.0, 2.0)  # seconds

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine behind a Unix socket."""

    socket: Path

    async def create(self, container: LabContainer) -> str:
        """Create a container; its full id."""
        made = await self.ask("POST", "/containers/create", container.body())
        return str(made["Id"])

    async def start(self, container: str) -> None:
        """Start a created container."""
        await self.ask("POST", f"/containers/{quote(container)}/start")

    async def remove(self, container: str) -> None:
        """Kill and remove a container; one that is gone already is fine."""
        try:
            await self.ask("DELETE", f"/containers/{quote(container)}?force=1&v=1")
        except EngineRefused as refused:
            if refused.status != 404:  # noqa: PLR2004 - HTTP's not found
                raise

    async def state(self, container: str) -> str:
        """Docker's word for the container's state: created, running, exited, ..."""
        found = await self.ask("GET", f"/containers/{quote(container)}/json")
        return str(found["State"]["Status"])

    async def labelled(self, label: str) -> list[Listed]:
        """Every container, in whatever state, that carries the label."""
        filters = urlencode({"all": "1", "filters": json.dumps({"label": [label]})})
        rows = await self.ask("GET", f"/containers/json?{filters}")
        return [
            Listed(row["Id"], row["State"], int(row["Created"]), row.get("Labels") or {})
            for row in rows
        ]

    async def new_exec(self, container: str, command: Command) -> str:
        """Prepare a program in a running container; its exec id."""
        made = await self.ask("POST", f"/containers/{quote(container)}/exec", command.body())
        return str(made["Id"])

    async def run(
        self, container: str, command: Command, *, stdin: bytes = b"", limit: int = 1 << 20
    ) -> Ran:
        """Run a program without a terminal to its end. Raises OutputTooLong above `limit` bytes."""
        exec_id = await self.new_exec(container, command)
        streams = await self.upgrade(
            f"/exec/{quote(exec_id)}/start", "tcp", {"Detach": False, "Tty": False}
        )
        async with _closing(streams) as (reader, writer):
            feeding = asyncio.create_task(_feed(writer, stdin))
            try:
                output = await _demultiplexed(reader, limit)
            finally:
                feeding.cancel()
        return Ran(await self._exit_code(exec_id), output)

    async def _exit_code(self, exec_id: str) -> int:
        """The exit code, known soon after the streams end; a program may close them and go on."""
        for pause in EXIT_PAUSES:
            found = await self.ask("GET", f"/exec/{quote(exec_id)}/json")
            if found["ExitCode"] is not None:
                return int(found["ExitCode"])
            await asyncio.sleep(pause)
        raise EngineUnreachable(f"exec {exec_id[:12]} closed its streams and has not ended")

    async def terminal(self, exec_id: str) -> Streams:
        """The exec's terminal as a stream of length-prefixed messages; starts it when need be."""
        return await self.upgrade(f"/exec/{quote(exec_id)}/terminal", TERMINAL)

    async def snapshot(self, container: str) -> dict[str, Any]:
        """What the kernel says of the container, in sandbox.observe's JSON form."""
        return _object(await self.ask("GET", f"/terrarium/containers/{quote(container)}/snapshot"))

    async def look(self, container: str, looks: list[dict[str, Any]]) -> list[Any]:
        """Answers to questions about paths, in sandbox.observe's JSON form."""
        target = f"/terrarium/containers/{quote(container)}/look"
        return _list(await self.ask("POST", target, looks))

    async def reach(self, container: str, asked: list[dict[str, Any]]) -> list[Any]:
        """What came of requests from its networks, in sandbox.observe's JSON form."""
        target = f"/terrarium/containers/{quote(container)}/reach"
        return _list(await self.ask("POST", target, asked))

    async def health(self) -> dict[str, Any]:
        """The engine's own checks: {"status": ..., "checks": {...}}."""
        return _object(await self.ask("GET", "/terrarium/health", seconds=5.0))

    async def ask(
        self, method: str, target: str, body: object = None, *, seconds: float = ANSWER_SECONDS
    ) -> Any:  # noqa: ANN401 - JSON enters here; callers parse it
        """One request; the answer's JSON, None when it has no body."""
        try:
            async with asyncio.timeout(seconds):
                async with _closing(await self._connect()) as streams:
                    wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
                    await _send(streams[1], wire, _request(method, target, body))
                    status, content = await _whole_answer(streams[0], wire)
        except TimeoutError:
            raise EngineUnreachable(f"no answer to {method} {target} in {seconds:g} s") from None
        return _decoded(status, content)

    async def upgrade(self, target: str, protocol: str, body: object = None) -> Streams:
        """POST that turns the connection into a raw stream; the caller closes the writer."""
        streams = await self._connect()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await _switch(streams, _request("POST", target, body, upgrade=protocol))
        except TimeoutError:
            streams[1].close()
            raise EngineUnreachable(f"no answer to POST {target}") from None
        # Cancelled, too: whoever does not get the stream cannot close it. Nothing is swallowed.
        except BaseException:
            streams[1].close()
            raise
        return streams

    async def _connect(self) -> Streams:
        try:
            return await asyncio.open_unix_connection(str(self.socket), limit=1 << 18)
        except OSError as error:
            raise EngineUnreachable(f"{self.socket}: {error.strerror or error}") from error


Request = tuple[h11.Request, bytes]


def _request(method: str, target: str, body: object, *, upgrade: str = "") -> Request:
    content = b"" if body is None else json.dumps(body).encode()
    headers = [("Host", "terrarium"), ("Content-Length", str(len(content)))]
    if body is not None:
        headers.append(("Content-Type", "application/json"))
    if upgrade:
        headers += [("Connection", "Upgrade"), ("Upgrade", upgrade)]
    else:
        headers.append(("Connection", "close"))
    return h11.Request(method=method, target=target, headers=headers), content


async def _send(writer: asyncio.StreamWriter, wire: h11.Connection, request: Request) -> None:
    head, content = request
    data = [wire.send(head)]
    if content:
        data.append(wire.send(h11.Data(data=content)))
    data.append(wire.send(h11.EndOfMessage()))
    try:
        writer.write(b"".join(part for part in data if part))
        await writer.drain()
    except OSError as error:
        raise EngineUnreachable(f"the engine closed the connection: {error}") from error


async def _whole_answer(reader: asyncio.StreamReader, wire: h11.Connection) -> tuple[int, bytes]:
    status, content = 0, bytearray()
    while True:
        match event := await _next_event(reader, wire):
            case h11.Response():
                status = event.status_code
            case h11.Data():
                content += event.data
                if len(content) > BODY_LIMIT:
                    raise EngineUnreachable("the engine's answer is longer than it can be")
            case h11.EndOfMessage():
                return status, bytes(content)
            case _:
                raise EngineUnreachable("the engine closed the connection without an answer")


async def _next_event(reader: asyncio.StreamReader, wire: h11.Connection) -> object:
    try:
        while (event := wire.next_event()) is h11.NEED_DATA:
            wire.receive_data(await reader.read(1 << 16))
    except (OSError, h11.RemoteProtocolError) as error:
        raise EngineUnreachable(f"the engine's answer broke off: {error}") from error
    return event


async def _switch(streams: Streams, request: Request) -> None:
    """Send, and read the head of the answer only: what follows it belongs to the stream."""
    reader, writer = streams
    wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
    await _send(writer, wire, request)
    try:
        wire.receive_data(await reader.readuntil(b"\r\n\r\n"))
        event = wire.next_event()
    except (OSError, EOFError, asyncio.LimitOverrunError, h11.RemoteProtocolError) as error:
        raise EngineUnreachable(f"the engine's answer broke off: {error}") from error
    match event:
        case h11.InformationalResponse(status_code=101):
            return
        case h11.Response():
            _, content = await _whole_answer(reader, wire)
            _decoded(event.status_code, content)
            raise EngineRefused(event.status_code, "the engine did not switch protocols")
        case _:
            raise EngineUnreachable(f"an unexpected answer: {event!r}")


def _decoded(status: int, content: bytes) -> Any:  # noqa: ANN401 - JSON enters here
    try:
        value = json.loads(content) if content.strip() else None
    except ValueError:
        raise EngineUnreachable(f"an answer that is not JSON: {content[:80]!r}") from None
    if status >= 400:  # noqa: PLR2004 - HTTP's errors begin there
        message = value.get("message", "") if isinstance(value, dict) else ""
        raise EngineRefused(status, str(message) or "no reason given")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EngineUnreachable("the engine's answer is not a JSON object")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise EngineUnreachable("the engine's answer is not a JSON list")
    return value


async def _feed(writer: asyncio.StreamWriter, stdin: bytes) -> None:
    try:
        writer.write(stdin)
        await writer.drain()
        writer.write_eof()
    except OSError:
        return  # The program ended without reading; its exit code tells the rest.


async def _demultiplexed(reader: asyncio.StreamReader, limit: int) -> bytes:
    """Join the payloads of Docker's 8-byte frames: stream, 0, 0, 0, u32 length."""
    output = bytearray()
    try:
        while head := await reader.read(1):
            head += await reader.readexactly(_FRAME_HEAD - 1)
            output += await reader.readexactly(int.from_bytes(head[4:], "big"))
            if len(output) > limit:
                raise OutputTooLong(f"more than {limit} bytes")
    except (OSError, asyncio.IncompleteReadError) as error:
        raise EngineUnreachable(f"the engine's stream broke off: {error}") from error
    return bytes(output)


@asynccontextmanager
async def _closing(streams: Streams) -> AsyncIterator[Streams]:
    try:
        yield streams
    finally:
        # Aborted, not closed: an engine that does not read must not keep us; and seen to its end,
        # so that a loop that stops right after leaves no socket open.
        streams[1].transport.abort()
        with suppress(OSError):
            await streams[1].wait_closed()
