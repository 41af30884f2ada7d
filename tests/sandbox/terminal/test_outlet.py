"""The way to the browser: at once where the server allows it, in order where it does not."""

from __future__ import annotations

import asyncio

from sandbox.terminal.closing import Close
from sandbox.terminal.outlet import Outlet


class PromptServer:
    """Takes an event without suspending, as Daphne does."""

    def __init__(self):
        self.events = []

    async def send(self, event):
        self.events.append(event.get("bytes", event.get("code")))


class ReluctantServer(PromptServer):
    """Waits for its client before it takes an event in, as servers with back-pressure do."""

    def __init__(self):
        super().__init__()
        self.client = asyncio.Event()

    async def send(self, event):
        await self.client.wait()
        await asyncio.sleep(0)
        await super().send(event)


async def test_a_message_is_with_the_server_when_put_returns():
    server = PromptServer()
    outlet = Outlet(server.send)
    outlet.put(b"\x00a")
    outlet.close(4404)
    assert server.events == [b"\x00a", 4404]


async def test_a_close_code_is_a_plain_number():
    server = PromptServer()
    Outlet(server.send).close(Close.RESET)
    assert [type(event) for event in server.events] == [int]


async def test_a_server_that_waits_stops_the_source_and_gets_everything_in_order():
    server, heard, free = ReluctantServer(), [], asyncio.Event()
    outlet = Outlet(server.send)
    outlet.full = lambda: heard.append("full")
    outlet.free = free.set
    for message in (b"\x00a", b"\x00b", b"\x00c"):
        outlet.put(message)
    outlet.close(1000)
    assert heard == ["full"]
    assert server.events == []
    server.client.set()
    async with asyncio.timeout(5):
        await free.wait()
    assert server.events == [b"\x00a", b"\x00b", b"\x00c", 1000]
