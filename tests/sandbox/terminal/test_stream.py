"""The stream to a shim: whole messages out of it, a bound on what goes into it."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.terminal.frames import Hello, Input, encode
from sandbox.terminal.stream import MAX_BACKLOG, Overflow, ShimStream
from tests.sandbox.terminal.shims import BabblingShim, DeafShim, PatternShim, VanishingShim, pattern


class Listener:
    """Keeps what it is told."""

    def __init__(self):
        self.messages: list[bytes] = []
        self.holds: list[bool] = []
        self.size = 0
        self.heard = asyncio.Event()

    def deliver(self, message):
        self.messages.append(message)
        self.size += len(message)
        self.heard.set()

    def hold(self):
        self.holds.append(True)
        self.heard.set()

    def go_on(self):
        self.holds.append(False)
        self.heard.set()

    async def until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                self.heard.clear()
                await self.heard.wait()


@pytest.fixture
async def attach():
    streams = []

    async def to(shim):
        listener = Listener()
        stream = ShimStream(await shim.connect(), listener)
        streams.append(stream)
        return stream, listener

    yield to
    for stream in streams:
        stream.close()


@pytest.mark.parametrize("chunk", [1, 100, 4096, 70_000, 200_000])
async def test_output_arrives_byte_for_byte_however_it_is_cut(attach, chunk):
    shim = PatternShim(100 if chunk == 1 else 120_000, chunk=chunk)
    stream, listener = await attach(shim)
    stream.send(encode(Hello(0)))

    def shown():
        return b"".join(message[1:] for message in listener.messages if message[0] == 0)

    await listener.until(lambda: len(shown()) == shim.length)
    assert shown() == pattern(0, shim.length)


async def test_a_shim_that_does_not_read_is_noticed_and_then_refused(attach):
    stream, listener = await attach(DeafShim())
    too_much = encode(Input(b"x" * MAX_BACKLOG))
    stream.send(encode(Input(b"x" * (MAX_BACKLOG // 2))))
    with pytest.raises(Overflow):
        stream.send(too_much)
    assert listener.holds == [True]


async def test_a_shim_that_catches_up_is_told_of(attach):
    shim = PatternShim(0)
    stream, listener = await attach(shim)
    for _ in range(90):
        stream.send(encode(Input(b"x" * 10_000)))
    await listener.until(lambda: listener.holds == [True, False])


async def test_bytes_that_are_no_messages_end_the_stream(attach):
    stream, listener = await attach(BabblingShim())
    stream.send(encode(Hello(0)))
    async with asyncio.timeout(5):
        await stream.gone.wait()
    assert listener.messages == []


async def test_a_shim_that_hangs_up_at_once_is_gone(attach):
    stream, _ = await attach(VanishingShim())
    async with asyncio.timeout(5):
        await stream.gone.wait()
    stream.send(encode(Hello(0)))
    stream.close()


async def test_a_reader_that_is_full_leaves_the_output_in_the_socket(attach):
    shim = PatternShim(100_000)
    stream, listener = await attach(shim)
    stream.pause()
    stream.send(encode(Hello(0)))
    await asyncio.sleep(0.05)
    assert listener.messages == []
    stream.resume()
    await listener.until(lambda: listener.size > 100_000)
