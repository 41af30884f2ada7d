"""One request to a program that may be hostile: bounded in time and bytes, never followed on."""

from __future__ import annotations

import errno
import socket
import time
from dataclasses import dataclass, field

import h11

from sandbox.courier import names
from sandbox.observe.reach import Reach, Reached

MAX_HEAD = 16 * 1024  # bytes of a response's head
MAX_BODY = 128 * 1024
MAX_TAKEN = 192 * 1024  # bytes of one answer, whatever they are
MAX_SAID = 4096  # of a program that speaks no HTTP
MAX_LINE = 200  # characters of a detail
_AGENT = "terrarium-check"
_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EINVAL, errno.EACCES)


class Flood(Exception):
    """More came than anybody asked for."""


class Broken(Exception):
    """Something else than the protocol; the text says what."""


@dataclass(slots=True)
class Line:
    """A socket with one deadline and one allowance for everything that comes over it."""

    socket: socket.socket
    until: float
    left: int = MAX_TAKEN
    began: float = field(default_factory=time.monotonic)

    def hurry(self) -> None:
        """Give the socket the time that is left. Raises TimeoutError when there is none."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        self.socket.settimeout(seconds)

    def take(self, most: int = 1 << 16) -> bytes:
        """What comes next, b"" at the end. Raises TimeoutError, Flood, OSError."""
        self.hurry()
        data = self.socket.recv(most)
        self.left -= len(data)
        if self.left < 0:
            raise Flood
        return data

    def say(self, data: bytes) -> None:
        """Send all of it. Raises TimeoutError, OSError."""
        self.hurry()
        self.socket.sendall(data)


def perform(asked: Reach) -> Reached:
    """Make the request; whatever the other side does, there is an answer."""
    began = time.monotonic()
    until = began + asked.milliseconds / 1000
    try:
        told = _told(asked, until)
    except TimeoutError:
        told = _reached("timeout", f"no answer within {asked.milliseconds / 1000:g} s")
    except Flood:
        told = _reached("flood", f"more than {MAX_BODY >> 10} KiB")
    except Broken as broken:
        told = _reached("broken", str(broken))
    except ConnectionRefusedError:
        told = _reached("refused", "connection refused")
    except OSError as error:
        outcome = "unreachable" if error.errno in _UNREACHABLE else "broken"
        told = _reached(outcome, error.strerror or str(error))
    milliseconds = int((time.monotonic() - began) * 1000)
    return Reached(**told, milliseconds=milliseconds)  # type: ignore[arg-type]  # _reached's fields


def _told(asked: Reach, until: float) -> dict[str, str | int]:
    family = socket.AF_INET6 if ":" in asked.address else socket.AF_INET
    kind = socket.SOCK_DGRAM if asked.kind in ("udp", "dns") else socket.SOCK_STREAM
    with socket.socket(family, kind) as channel:
        line = Line(channel, until)
        line.hurry()
        channel.connect((asked.address, asked.port))
        match asked.kind:
            case "http":
                return _http(line, asked)
            case "dns":
                return _dns(line, asked)
            case "udp":
                line.say(asked.send.encode())
                return _reached("answered", body=_text(line.take(MAX_SAID)))
            case _:
                return _tcp(line, asked)


def _tcp(line: Line, asked: Reach) -> dict[str, str | int]:
    """Connected; if something is said, the first that comes back is told."""
    if not asked.send:
        return _reached("answered")
    line.say(asked.send.encode())
    return _reached("answered", body=_text(line.take(MAX_SAID)))


def _http(line: Line, asked: Reach) -> dict[str, str | int]:
    wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    headers = [("Host", asked.host or asked.address), ("User-Agent", _AGENT), ("Accept", "*/*")]
    head = h11.Request(method="GET", target=asked.send, headers=[*headers, ("Connection", "close")])
    line.say((wire.send(head) or b"") + (wire.send(h11.EndOfMessage()) or b""))
    try:
        response = _response(line, wire)
        return _reached(
            "answered",
            status=response.status_code,
            body=_text(_body(line, wire)),
            location=_text(dict(response.headers).get(b"location", b"")),
        )
    except h11.RemoteProtocolError as error:
        raise Broken(f"not HTTP: {error}"[:MAX_LINE]) from None


def _response(line: Line, wire: h11.Connection) -> h11.Response:
    """The head of the final answer; interim ones, 100 to 199, count into the allowance."""
    while True:
        event = _event(line, wire)
        if isinstance(event, h11.Response):
            return event
        if isinstance(event, h11.ConnectionClosed):
            raise Broken("closed without an answer")


def _body(line: Line, wire: h11.Connection) -> bytes:
    body = bytearray()
    while isinstance(event := _event(line, wire), h11.Data):
        body += event.data
        if len(body) > MAX_BODY:
            raise Flood
    return bytes(body)


def _event(line: Line, wire: h11.Connection) -> object:
    while (event := wire.next_event()) is h11.NEED_DATA:
        wire.receive_data(line.take())
    return event


def _dns(line: Line, asked: Reach) -> dict[str, str | int]:
    kind, _, name = asked.send.partition(" ")
    number = time.monotonic_ns() & 0xFFFF
    line.say(names.question(number, name, kind))
    while True:
        try:
            answer = names.answer(line.take(MAX_SAID), number)
        except ValueError as error:
            raise Broken(f"not DNS: {error}") from None
        if answer is not None:
            return _reached("answered", status=answer.code, body="\n".join(answer.values))


def _reached(
    outcome: str, detail: str = "", *, status: int = 0, body: str = "", location: str = ""
) -> dict[str, str | int]:
    return {
        "outcome": outcome,
        "detail": detail,
        "status": status,
        "body": body,
        "location": location[:MAX_LINE],
    }


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
