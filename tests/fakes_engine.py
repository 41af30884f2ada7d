"""A small engine that answers on a Unix socket: it remembers containers, and runs nothing.

Written without the client's libraries, so that it judges what the client really sends.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]


class RememberingEngine:
    """Creates, starts, lists and removes; programs say `output`, exit with `exit_code`."""

    exit_code = 0
    output = b""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, Any]] = {}
        self.execs: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.inputs: list[bytes] = []
        self.created = 0

    def vanish(self, container: str) -> None:
        """As after a reboot: the container is not known any more."""
        del self.containers[container]

    def stop(self, container: str) -> None:
        """As when PID 1 of the lab has ended."""
        self.containers[container]["State"] = "exited"

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        for known, pattern, reply in self.routes():
            match = re.fullmatch(pattern, path)
            if known == method and match:
                answer: Answer = reply(match, query, body)
                return answer
        return 404, {"message": "page not found"}

    def routes(self):
        return [
            ("POST", "/containers/create", self.create),
            ("POST", "/containers/([0-9a-f]+)/start", self.start),
            ("DELETE", "/containers/([0-9a-f]+)", self.remove),
            ("GET", "/containers/([0-9a-f]+)/json", self.inspect),
            ("GET", "/containers/json", self.list),
            ("POST", "/containers/([0-9a-f]+)/exec", self.new_exec),
            ("GET", "/exec/([0-9a-f]+)/json", self.inspect_exec),
            ("GET", "/terrarium/health", self.health),
            ("GET", "/terrarium/containers/([0-9a-f]+)/snapshot", self.snapshot),
            ("POST", "/terrarium/containers/([0-9a-f]+)/look", self.look),
        ]

    def create(self, match, query, body) -> Answer:
        self.created += 1
        container = f"{self.created:064x}"
        self.containers[container] = {**body, "State": "created", "Created": 0}
        return 201, {"Id": container, "Warnings": []}

    def start(self, match, query, body) -> Answer:
        self.containers[match[1]]["State"] = "running"
        return 204, None

    def remove(self, match, query, body) -> Answer:
        if self.containers.pop(match[1], None) is None:
            return 404, {"message": f"No such container: {match[1]}"}
        return 204, None

    def inspect(self, match, query, body) -> Answer:
        return 200, {"State": {"Status": self.containers[match[1]]["State"]}}

    def list(self, match, query, body) -> Answer:
        (label,) = json.loads(query["filters"][0])["label"]
        return 200, [
            {
                "Id": name,
                "State": each["State"],
                "Created": each["Created"],
                "Labels": each["Labels"],
            }
            for name, each in self.containers.items()
            if label in each["Labels"]
        ]

    def new_exec(self, match, query, body) -> Answer:
        if match[1] not in self.containers:
            return 404, {"message": f"No such container: {match[1]}"}
        name = f"{len(self.execs) + 1:064x}"
        self.execs[name] = body
        return 201, {"Id": name}

    def inspect_exec(self, match, query, body) -> Answer:
        return 200, {"Running": False, "ExitCode": self.exit_code}

    def health(self, match, query, body) -> Answer:
        return 200, {"status": "pass", "checks": {"overlay": {"status": "pass", "detail": "fine"}}}

    def snapshot(self, match, query, body) -> Answer:
        if match[1] not in self.containers:
            return 404, {"message": f"No such container: {match[1]}"}
        empty: dict[str, Any] = {
            "processes": [],
            "mounts": {},
            "cgroups": [],
            "sockets": {},
            "links": {},
            "routes": {},
        }
        told = {"container": match[1], "init": 7, "taken": 1.5, "hostnames": {"4026531838": "lab"}}
        return 200, {**empty, **told, "features": []}

    def look(self, match, query, body) -> Answer:
        seen = {"exists": True, "kind": "file", "mode": 420, "uid": 0, "gid": 0, "size": 2}
        told = {"rdev": "", "link": "", "data": "aGk=", "names": [], "error": ""}
        return 200, [{**seen, **told} for _ in body]

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        finally:
            writer.close()

    async def _converse(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split("\r\n")[0].split(" ")
        sizes = re.findall(r"content-length: (\d+)", head, re.IGNORECASE)
        body = json.loads(await reader.readexactly(int(sizes[0])) or b"null")
        url = urlsplit(target)
        self.asked.append(f"{method} {url.path}")
        if match := re.fullmatch("/exec/([0-9a-f]+)/(start|terminal)", url.path):
            await self._stream(match, reader, writer)
            return
        status, value = self.answer(method, url.path, parse_qs(url.query), body)
        content = b"" if value is None else json.dumps(value).encode()
        length_line = "" if status == 204 else f"Content-Length: {len(content)}\r\n"
        writer.write(f"HTTP/1.1 {status} OK\r\n{length_line}\r\n".encode() + content)
        await writer.drain()

    async def _stream(self, match, reader, writer) -> None:
        if match[1] not in self.execs:
            writer.write(
                b'HTTP/1.1 404 Not Found\r\nContent-Length: 26\r\n\r\n{"message":"No such exec"}'
            )
            return
        writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        if match[2] == "terminal":
            writer.write(b"\0\0\0\5hello" + match[1][-1].encode())
            return
        self.inputs.append(await reader.read())
        for half in (self.output[:3], self.output[3:]):
            writer.write(b"\1\0\0\0" + len(half).to_bytes(4, "big") + half)
        await writer.drain()


class SilentEngine(RememberingEngine):
    """Runs programs that never end."""

    async def _stream(self, match, reader, writer) -> None:
        writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        await asyncio.Event().wait()


class MumblingEngine(RememberingEngine):
    """Answers every question about a lab with something else."""

    def snapshot(self, match, query, body) -> Answer:
        return 200, {"processes": "many"}

    def look(self, match, query, body) -> Answer:
        return 200, ["yes"]


class InterruptedEngine(RememberingEngine):
    """Calls `meanwhile` while it starts a container."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def start(self, match, query, body) -> Answer:
        self.meanwhile()
        return super().start(match, query, body)


class FullEngine(RememberingEngine):
    """Has no room for another container."""

    def create(self, match, query, body) -> Answer:
        return 503, {"message": "the disk for labs is full"}


class StartRefusingEngine(RememberingEngine):
    """Creates containers that it then cannot start, `refusals` times."""

    refusals = 1

    def start(self, match, query, body) -> Answer:
        if self.refusals:
            self.refusals -= 1
            return 500, {"message": "overlay: EINVAL"}
        return super().start(match, query, body)


class SetupFailingEngine(RememberingEngine):
    """Every program in its containers fails."""

    exit_code = 3
    output = b"no such file"


@contextmanager
def listening(engine: RememberingEngine, socket: Path) -> Iterator[RememberingEngine]:
    """The engine on the socket, in a thread of its own, until the block ends."""
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        connections: dict[asyncio.Task[None], asyncio.WriteTransport] = {}

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections[asyncio.create_task(engine.connected(reader, writer))] = writer.transport

        server = await asyncio.start_unix_server(connected, str(socket))
        ready.set()
        await stop.wait()
        # asyncio forgets to close a connection that it accepted but had not yet set up when its
        # server closes, so there must be none: they are the tasks that are not ours.
        while arriving := asyncio.all_tasks() - {asyncio.current_task()} - connections.keys():
            await asyncio.wait(arriving)
        server.close()
        for task, transport in connections.items():
            task.cancel()
            transport.abort()
        await asyncio.gather(*connections, return_exceptions=True)
        # Last: since Python 3.12 it waits for the connections, which the tasks above held.
        await server.wait_closed()
        await asyncio.sleep(0)  # One turn in which the closed transports close their sockets.

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(5)
    try:
        yield engine
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
        socket.unlink(missing_ok=True)
