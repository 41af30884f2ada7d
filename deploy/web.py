"""`python -m deploy.web` is Daphne with one limit more: no request body is larger than a form.

Daphne keeps a body in memory before Django sees its size (300 MB posted cost 374 MiB); this site
takes no uploads, so the connection ends at the first byte too many.
"""

from __future__ import annotations

import logging
import os

from daphne import http_protocol
from daphne.cli import CommandLineInterface

from deploy import websocket

LARGEST_BODY = 512 * 1024  # bytes; Django itself refuses forms above DATA_UPLOAD_MAX_MEMORY_SIZE


class BoundedRequest(http_protocol.WebRequest):  # type: ignore[misc]  # Daphne has no types
    """A request that is cut off when its body, announced or not, grows too long."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's
        """The announced length; None for a chunked body."""
        super().gotLength(length)
        if (length or 0) > LARGEST_BODY:
            self._cut()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's
        """A piece of the body."""
        if self.content.tell() + len(data) > LARGEST_BODY:
            self._cut()
            return
        super().handleContentChunk(data)

    def _cut(self) -> None:
        self.channel.transport.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\n")
        self.channel.loseConnection()


if __name__ == "__main__":
    # Daphne has no setting for the class of its requests.
    http_protocol.WebRequest = BoundedRequest
    websocket.install()
    CommandLineInterface.entrypoint()
    # Taking the interpreter apart takes a second or more in which nobody is served, and saves
    # nothing: sockets have said goodbye, and the database commits as it goes.
    logging.shutdown()
    os._exit(0)
