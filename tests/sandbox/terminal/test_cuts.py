"""A browser that is cut off again and again sees every byte once, in order."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace

import pytest
from channels.testing import WebsocketCommunicator

from sandbox.terminal import consumer
from sandbox.terminal.consumer import TerminalConsumer
from sandbox.terminal.frames import SUBPROTOCOL, Ack, Hello, Output, Welcome, decode_served, encode
from sandbox.terminal.watch import Watch
from tests.sandbox.terminal.shims import PatternShim, pattern

CUTS = 1000


class BlindWatch(Watch):
    """Never looks at a lease."""

    async def tick(self):
        return


class Browser:
    """What connection.js does with frames: counts what it has seen, and asks for the rest."""

    def __init__(self):
        self.seen = bytearray()
        self.first = 0

    async def stay(self, socket: WebsocketCommunicator, frames: int) -> None:
        await socket.send_to(bytes_data=encode(Hello(self.first + len(self.seen))))
        for _ in range(frames):
            match decode_served(await socket.receive_from(timeout=5)):
                case Welcome(offset=offset):
                    assert offset == self.first + len(self.seen)
                case Output(data=data):
                    self.seen += data
                    await socket.send_to(bytes_data=encode(Ack(len(data))))
                case told:
                    raise AssertionError(told)


@pytest.fixture
def no_database(monkeypatch):
    """The lease is granted without a database: this is about bytes."""

    async def granted(_scope):
        return SimpleNamespace(pk="L" * 22, owner_id=1, state="running", is_open=True)

    monkeypatch.setattr(consumer, "_lease", granted)


async def test_a_thousand_cuts_lose_and_double_nothing(no_database):
    chance = random.Random(42)
    shim, browser = PatternShim(chunk=chance.randint(700, 5000)), Browser()
    terminal = TerminalConsumer(BlindWatch(), open_stream=shim.connect)
    scope = {"url_route": {"kwargs": {"lease": "L" * 22, "name": "main"}}, "user": None}

    async def routed(asked, receive, send):
        await terminal({**asked, **scope}, receive, send)

    for _ in range(CUTS):
        socket = WebsocketCommunicator(routed, "/ws/x", subprotocols=[SUBPROTOCOL])
        await socket.connect(timeout=5)
        await browser.stay(socket, chance.randint(0, 6))
        if chance.random() < 0.5:
            await socket.disconnect()
        else:
            socket.stop()  # The server's task is cancelled, as on its sudden end.
        await asyncio.sleep(0)
    assert len(browser.seen) > 1_000_000
    assert bytes(browser.seen) == pattern(0, len(browser.seen))
