"""What an engine asks of a shim, parsed where it enters: an engine may be older or newer."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.boot.plan import decode_program
from sandbox.shim.wire import INIT

if TYPE_CHECKING:
    from sandbox.boot.program import Program
    from sandbox.shim.wire import Message


class BadOrder(ValueError):
    """Not an order that this shim knows."""


@dataclass(frozen=True, slots=True)
class Wants:
    """How a connection that is handed over will be used."""

    terminal: bool
    stdin: bool
    stdout: bool
    stderr: bool
    detach: bytes  # Typed at a terminal: the client leaves.
    early: bytes  # What the client had sent before the hand-over.


@dataclass(frozen=True, slots=True)
class Exec:
    """Run one more program; a descriptor beside it is its first viewer."""

    asked: int
    session: str
    program: Program
    size: tuple[int, int]  # rows, columns
    wants: Wants | None


@dataclass(frozen=True, slots=True)
class Attach:
    """One more viewer of a session: the descriptor beside it."""

    session: str
    wants: Wants


@dataclass(frozen=True, slots=True)
class Resize:
    """A terminal's size, in cells."""

    session: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Signal:
    """To a session's program."""

    number: int
    session: str


Order = Exec | Attach | Resize | Signal


def understood(message: Message) -> Order:
    """Raises BadOrder."""
    try:
        return _parsed(message)
    except (KeyError, TypeError, ValueError) as error:
        raise BadOrder(f"{message!r:.200}: {error!r}") from error


def wants_from(said: Any) -> Wants:  # noqa: ANN401 JSON
    """Raises KeyError, TypeError or ValueError."""
    return Wants(
        terminal=said["mode"] == "terminal",
        stdin=bool(said["stdin"]),
        stdout=bool(said["stdout"]),
        stderr=bool(said["stderr"]),
        detach=base64.b64decode(said.get("detach", ""), validate=True),
        early=base64.b64decode(said["early"], validate=True),
    )


def _parsed(message: Message) -> Order:
    match message["op"]:
        case "exec":
            rows, columns = message["size"]
            wants = wants_from(message["wants"]) if "wants" in message else None
            program = decode_program(message["program"])
            size = (int(rows), int(columns))
            return Exec(int(message["asked"]), str(message["session"]), program, size, wants)
        case "attach":
            return Attach(str(message["session"]), wants_from(message["wants"]))
        case "resize":
            return Resize(str(message["session"]), int(message["rows"]), int(message["columns"]))
        case "signal":
            # An engine before November 2026 speaks of the first process alone.
            return Signal(int(message["number"]), str(message.get("session", INIT)))
        case _:
            raise ValueError("an unknown order")
