"""`docker cp` and `docker export`: files of a container, running or not, as tars."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine import porters
from sandbox.engine.errors import BadParameter, EngineError, NoSuchFile, Unanswerable
from sandbox.porter.words import Deed, Fault, Found, Order

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.porters import Porter


@dataclass(frozen=True, slots=True)
class Asked:
    """A path of a container, and how the caller called both."""

    path: str
    name: str

    @property
    def absolute(self) -> str:
        """Clean, but for the "/" or "/." that the caller ended it with: it means something."""
        clean = posixpath.normpath("/" + self.path.lstrip("/"))
        if posixpath.basename(self.path) == ".":
            return clean.rstrip("/") + "/."
        return clean.rstrip("/") + "/" if self.path.endswith("/") else clean


@dataclass(frozen=True, slots=True)
class Terms:
    """How an archive is taken in."""

    kinds_stay: bool = False  # A directory is never replaced by something else, nor the reverse.
    by_user: bool = False  # All of it is the container's user's.


async def examine(host: Host, container: Container, asked: Asked) -> Found:
    """Raises NoSuchFile, Unanswerable."""
    async with porters.sent(host, container, Order(Deed.STAT, asked.absolute)) as porter:
        return Found(**(await _agreed(porter, asked))["found"])


async def pack(
    host: Host, container: Container, asked: Asked
) -> tuple[Found, AsyncIterator[bytes]]:
    """What it is, and the tar, which is to be read to its end or closed. Raises as examine."""
    said, pieces = await _begun(host, container, Order(Deed.PACK, asked.absolute), asked)
    host.tell(container, "archive-path")
    return Found(**said["found"]), pieces


async def export(host: Host, container: Container) -> AsyncIterator[bytes]:
    """The tar of its root without what is mounted there, to be read to its end or closed."""
    _, pieces = await _begun(host, container, Order(Deed.EXPORT), Asked("/", container.id))
    host.tell(container, "export")
    return pieces


async def unpack(
    host: Host, container: Container, asked: Asked, terms: Terms, pieces: AsyncIterator[bytes]
) -> None:
    """Raises NoSuchFile, BadParameter, Unanswerable with Docker's texts where it has them."""
    config = container.record.config
    order = Order(
        Deed.UNPACK,
        asked.absolute,
        kinds_stay=terms.kinds_stay,
        user=config.user if terms.by_user and config.user else None,
        read_only=container.record.host.read_only,
    )
    async with AsyncExitStack() as undo:
        if not container.running:  # Whoever starts it waits: it has one writer.
            await undo.enter_async_context(container.lock)
        porter = await undo.enter_async_context(porters.sent(host, container, order))
        await porter.bring(pieces)
        await _agreed(porter, asked)
    host.tell(container, "extract-to-dir")


async def _begun(
    host: Host, container: Container, order: Order, asked: Asked
) -> tuple[dict[str, Any], AsyncIterator[bytes]]:
    async with AsyncExitStack() as undo:
        porter = await undo.enter_async_context(porters.sent(host, container, order))
        said = await _agreed(porter, asked)
        pieces = _rest(porter, undo.pop_all())
        await anext(pieces)
        return said, pieces


async def _rest(porter: Porter, undo: AsyncExitStack) -> AsyncIterator[bytes]:
    async with undo:
        # Begun: whoever drops it now, even before its first piece, ends the porter.
        yield b""
        async for piece in porter.pieces():
            yield piece


async def _agreed(porter: Porter, asked: Asked) -> dict[str, Any]:
    """Its answer, if it is one. Raises the error that it told of."""
    said = await porter.answer()
    if "fault" not in said:
        return said
    raise _error(Fault(said["fault"]), said["text"], asked)


def _error(fault: Fault, text: str, asked: Asked) -> EngineError:
    match fault:
        case Fault.MISSING:
            return NoSuchFile(asked.path, asked.name)
        case Fault.BAD:
            return BadParameter(text)
        case Fault.FAILED:
            return Unanswerable(text)
