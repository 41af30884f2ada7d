"""A terminal's WebSocket: who asks, which shell, and then nothing but frames.

An ASGI application without Channels' consumer classes: those close database connections and start
a task for every message, which doubles a keystroke's time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from sandbox.dockerapi.wire import EngineError, EngineRefused
from sandbox.session import farewell, leases, terminals
from sandbox.session.lab import LeaseDenied
from sandbox.session.state import State
from sandbox.terminal.closing import Close, close_code
from sandbox.terminal.frames import SUBPROTOCOL
from sandbox.terminal.outlet import Outlet
from sandbox.terminal.stream import Overflow, ShimStream
from sandbox.terminal.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.session.models import Lease
    from sandbox.terminal.watch import Watch

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Open = Callable[..., Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

# An engine that restarts is back within this; then the browser asks again by itself.
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.5, 2.0)
GONE = (404, 409)
# deploy/websocket.py's extension of ASGI; a server without it hands messages to receive().
TAKE = "terrarium.take"


class SentAway(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: Close) -> None:
        super().__init__(code.name)
        self.code = code


class TerminalConsumer:
    """The ASGI application of `/ws/labs/LEASE/terminal/NAME`."""

    def __init__(self, watch: Watch, *, open_stream: Open = terminals.open_stream) -> None:
        self._watch = watch
        self._open_stream = open_stream

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:  # noqa: ANN401 - ASGI
        await receive()
        if SUBPROTOCOL not in scope.get("subprotocols", []):
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        outlet = Outlet(send)
        viewer = Viewer(outlet)
        if TAKE in scope.get("extensions", {}):
            # From here on a keystroke does not wait in a queue for this task's turn.
            await send({"type": TAKE, "by": viewer.receive, "give": outlet.shorten})
        serving = asyncio.create_task(self._serve(viewer, scope))
        farewell.SOCKETS.arrive(viewer, _goodbye(viewer))
        try:
            await _read_all(receive, viewer)
        finally:
            farewell.SOCKETS.depart(viewer)
            self._watch.leave(viewer)
            serving.cancel()
            viewer.leave()

    async def _serve(self, viewer: Viewer, scope: Scope) -> None:
        try:
            lease = await _granted(scope)
            self._watch.join(viewer, lease)
            stream = ShimStream(await self._stream(lease, scope), viewer)
            viewer.join(stream)
            await stream.gone.wait()
            viewer.close(Close.FINISHED if viewer.exited else await _what_happened(scope))
        except SentAway as away:
            viewer.close(away.code)
        except Overflow:
            viewer.close(Close.TOO_LARGE)
        except DatabaseError:
            viewer.close(Close.COME_BACK)

    async def _stream(
        self, lease: Lease, scope: Scope
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The shell's stream, tried again while the engine restarts. Raises SentAway."""
        name = scope["url_route"]["kwargs"]["name"]
        fresh = b"fresh=1" in scope.get("query_string", b"").split(b"&")
        for pause in RETRY_SECONDS:
            try:
                return await self._open_stream(lease, name, fresh=fresh)
            except terminals.NoSuchTerminal:
                raise SentAway(Close.NOT_YOURS) from None
            except EngineRefused as refused:
                if refused.status in GONE:
                    raise SentAway(await _what_happened(scope, gone=True)) from refused
            except EngineError:
                pass  # It may be restarting.
            await asyncio.sleep(pause)
        raise SentAway(Close.COME_BACK)


async def _read_all(receive: Receive, viewer: Viewer) -> None:
    """Take in every message as it comes, whatever the lab does: the server's queue has no bound."""
    while (event := await receive())["type"] != "websocket.disconnect":
        viewer.receive(event.get("bytes"))


async def _granted(scope: Scope) -> Lease:
    """The lease that the path names, running and the user's. Raises SentAway."""
    lease = await _lease(scope)
    if lease.state != State.RUNNING:
        raise SentAway(close_code(lease))
    return lease


async def _what_happened(scope: Scope, *, gone: bool = False) -> Close:
    """Why the stream is over: the lease knows; `gone` says that the engine has no such lab."""
    try:
        code = close_code(await _lease(scope))
    except SentAway as away:
        return away.code
    return Close.ENDED if gone and code is Close.COME_BACK else code


async def _lease(scope: Scope) -> Lease:
    lease_id = scope["url_route"]["kwargs"]["lease"]
    try:
        lease: Lease = await database_sync_to_async(leases.lease_for)(scope["user"], lease_id)
    except (LeaseDenied, ValueError):  # A NUL in the path is a ValueError of PostgreSQL's driver.
        raise SentAway(Close.NOT_YOURS) from None
    return lease


def _goodbye(viewer: Viewer) -> Callable[[], Awaitable[None]]:
    async def leave() -> None:
        viewer.close(Close.COME_BACK)

    return leave
