"""Daphne's WebSocket without what it does for every frame besides sending it.

Twisted writes in the next turn of its loop, after telling the kernel that it wants to, and
autobahn colours the names in two log lines that nobody reads: together a third of the web process's
share of a keystroke. What does not fit into the socket at once takes Twisted's usual way.
"""

from __future__ import annotations

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol


class PromptProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Hands bytes over in the turn in which they come."""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's
        """Bytes of the browser."""
        self._dataReceived(data)

    def sendData(  # noqa: N802 - autobahn's
        self,
        data: bytes,
        sync: bool = False,  # noqa: FBT001, FBT002 - autobahn's
        chopsize: int | None = None,
    ) -> None:
        """Bytes for the browser."""
        transport = self.transport
        waiting = transport.dataBuffer or transport._tempDataBuffer  # noqa: SLF001 - nothing else tells
        if sync or chopsize or self.send_queue or waiting or transport.disconnecting:
            super().sendData(data, sync, chopsize)
            return
        written = transport.writeSomeData(data)
        # An exception says that the connection is lost; the reading side hears of it, too.
        if isinstance(written, int) and written < len(data):
            transport.write(data[written:])


def install() -> None:
    """From now on Daphne makes its WebSockets so: it has no setting for their class."""
    WebSocketFactory.protocol = PromptProtocol
