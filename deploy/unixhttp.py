"""One small HTTP request and its whole answer, over a Unix socket or TCP: for probes only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

PATIENCE_SECONDS = 30.0
NOBODY = (0, "")
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, never bound to

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def unix(method: str, target: str, path: Path) -> tuple[int, str]:
    """Status and body; 0 and "" when nobody answered."""
    return await _asked(method, target, asyncio.open_unix_connection(str(path)))


async def tcp(method: str, target: str, host: str, port: int) -> tuple[int, str]:
    """Status and body; 0 and "" when nobody answered. A wildcard is asked at its loopback."""
    return await _asked(method, target, asyncio.open_connection(LOOPBACK.get(host, host), port))


async def _asked(method: str, target: str, opening: Awaitable[Streams]) -> tuple[int, str]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await opening
            try:
                return await _exchange(method, target, reader, writer)
            finally:
                writer.close()
    except (OSError, TimeoutError, h11.RemoteProtocolError):
        return NOBODY


async def _exchange(
    method: str, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[int, str]:
    client = h11.Connection(h11.CLIENT)
    headers = [("Host", "localhost"), ("Connection", "close")]
    for event in (h11.Request(method=method, target=target, headers=headers), h11.EndOfMessage()):
        writer.write(client.send(event) or b"")
    status, body = 0, bytearray()
    while True:
        match client.next_event():
            case h11.NEED_DATA:
                client.receive_data(await reader.read(1 << 16))
            case h11.Response(status_code=code):
                status = code
            case h11.Data(data=data):
                body += data
            case _:
                return status, body.decode(errors="replace")
