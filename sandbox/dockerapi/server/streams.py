"""/containers: attach, logs, resize."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from sandbox.dockerapi.server.answers import Answer, Reply, Stream
from sandbox.dockerapi.server.requests import TAKEN_OVER
from sandbox.engine import detaching, logs
from sandbox.engine.attach import attach, check_attachable, resize_terminal
from sandbox.engine.clock import nanoseconds
from sandbox.engine.container import Mode, Wish
from sandbox.engine.errors import BadNumber, BadParameter, NotOffered, NotRunning, WrongState
from sandbox.engine.log_options import NONE
from sandbox.engine.policy import granted

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
TERMINAL = "terrarium.terminal.v1"
_MULTIPLEXED_SINCE = (1, 42)
_NUMBERS = {"stdin": 0, "stdout": 1, "stderr": 2}


@dataclass(frozen=True, slots=True)
class Form:
    """How an entry of a log is written."""

    timestamps: bool
    details: bool

    def of(self, line: logs.Line) -> bytes:
        """The entry."""
        text = line.text
        if self.details:
            pairs = ((quote_plus(k), quote_plus(v)) for k, v in sorted(line.attributes.items()))
            text = ",".join(f"{key}={value}" for key, value in pairs).encode() + b" " + text
        return line.time.encode() + b" " + text if self.timestamps else text


def stream_kind(request: Request, *, tty: bool) -> str:
    """The content type of a container's output."""
    return RAW if tty or request.version < _MULTIPLEXED_SINCE else MULTIPLEXED


def frame(stream: str, data: bytes) -> bytes:
    """Docker's 8-byte header and the data."""
    return bytes((_NUMBERS[stream], 0, 0, 0)) + len(data).to_bytes(4, "big") + data


async def attach_one(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/attach: the connection becomes the container's streams."""
    container = granted(host, request.policy, request.name)
    check_attachable(container, request.name)
    config, query = container.record.config, request.query
    if not query.flag("stream") and not query.flag("logs"):
        return Answer(HTTPStatus.OK, b"", RAW)
    wish = Wish(
        Mode.DOCKER,
        stdin=query.flag("stdin") and config.open_stdin and query.flag("stream"),
        stdout=query.flag("stdout"),
        stderr=query.flag("stderr"),
        detach=detaching.keys(query.text("detachKeys")),
    )
    upgraded = bool(request.exchange.headers.get("upgrade"))
    kind = stream_kind(request, tty=config.tty) if upgraded else RAW
    caller = await request.become(kind, wish)
    host.tell(container, "attach")
    attach(container, caller)
    return TAKEN_OVER


async def terminal(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/terminal: the first process's terminal, in our own protocol."""
    container = granted(host, request.policy, request.name)
    if not container.record.config.tty:
        raise WrongState(f"container {container.id} has no terminal")
    if container.shim is None:
        raise NotRunning(container.id)
    caller = await request.become(RAW, Wish(Mode.TERMINAL), TERMINAL)
    attach(container, caller)
    return TAKEN_OVER


async def resize(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/resize."""
    rows, columns = asked_size(request)
    container = granted(host, request.policy, request.name)
    resize_terminal(container, rows, columns)
    host.tell(container, "resize", height=str(rows), width=str(columns))
    return Answer(HTTPStatus.OK, b"", "text/plain; charset=utf-8")


def asked_size(request: Request) -> tuple[int, int]:
    """Rows and columns. Raises BadParameter."""
    try:
        return request.query.number("h", 0), request.query.number("w", 0)
    except BadNumber as error:
        raise BadParameter(str(error)) from None


async def read_logs(host: Host, request: Request) -> Reply:
    """GET /containers/NAME/logs."""
    query = request.query
    streams = frozenset(name for name in ("stdout", "stderr") if query.flag(name))
    if not streams:
        raise BadParameter("Bad parameters: you must choose at least one stream")
    container = granted(host, request.policy, request.name)
    if container.record.host.log_driver == NONE:
        raise NotOffered("configured logging driver does not support reading")
    tail = query.text("tail", "all")
    asked = logs.Asked(
        streams,
        since=_moment(query.text("since")),
        until=_moment(query.text("until")),
        tail=int(tail) if tail.isdecimal() else None,
        follow=query.flag("follow"),
    )
    kind = stream_kind(request, tty=container.record.config.tty)
    form = Form(query.flag("timestamps"), query.flag("details"))
    return Stream(_lines(host, container, asked, form), kind)


async def _lines(
    host: Host, container: Container, asked: logs.Asked, form: Form
) -> AsyncIterator[bytes]:
    file = host.store.directory_of(container.id) / logs.FILE
    end = container.next_end()
    tty = container.record.config.tty
    try:
        async for line in logs.read(file, asked, lambda: container.running, end):
            text = form.of(line)
            yield text if tty else frame(line.stream, text)
    finally:
        end.cancel()


def _moment(text: str) -> int:
    try:
        return nanoseconds(text) if text else 0
    except ValueError:
        raise BadParameter(f'invalid value for a moment: "{text}"') from None


async def hang_up(caller_descriptor: int, text: bytes, *, tty: bool) -> None:
    """Write an error where output was expected and end the stream, as dockerd does."""
    with socket.socket(fileno=caller_descriptor) as client:
        client.settimeout(0)
        data = text if tty else frame("stdout", text)
        try:
            await asyncio.get_running_loop().sock_sendall(client, data)
        except OSError:
            return
