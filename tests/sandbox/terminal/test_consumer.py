"""A terminal's socket: who gets in, what is refused, and with which word it is closed."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from sandbox.dockerapi.wire import EngineRefused, EngineUnreachable
from sandbox.session import terminals
from sandbox.session.models import Reason
from sandbox.session.state import State
from sandbox.terminal import consumer
from sandbox.terminal.closing import CLOSE, Close
from sandbox.terminal.consumer import TerminalConsumer
from sandbox.terminal.frames import (
    MAX_MESSAGE,
    Ack,
    Exited,
    FromClient,
    Hello,
    Input,
    Notice,
    Output,
    Resize,
    Welcome,
    decode_served,
    encode,
)
from sandbox.terminal.watch import Watch
from tests.sandbox.terminal.shims import DeafShim, EndingShim, PatternShim, VanishingShim, pattern
from tests.sandbox.terminal.visits import closed, lease_of, lease_over, told

pytestmark = pytest.mark.django_db(transaction=True)
HELLO = encode(Hello(0))


async def test_an_owner_is_welcomed_and_gets_the_output(visit, mei, lease):
    socket = await visit(mei, lease.pk)
    await socket.send_to(bytes_data=HELLO)
    assert await told(socket) == Welcome(0, 80, 24, 1)
    assert await told(socket) == Output(pattern(0, 50))


async def test_what_is_typed_reaches_the_shim_in_order_and_unchanged(visit, mei, lease):
    shim = PatternShim(1)
    socket = await visit(mei, lease.pk, shim)
    said: list[FromClient] = [
        Hello(0),
        Resize(120, 40),
        Input(b"ls -l\r"),
        Input("你好".encode()),
        Ack(1),
    ]
    for frame in said:
        await socket.send_to(bytes_data=encode(frame))
    await shim.has_heard(len(said))
    assert shim.heard == said


async def test_a_foreign_lab_answers_as_one_that_never_was(visit, kai, lease):
    foreign = await visit(kai, lease.pk)
    unknown = await visit(kai, "A" * 22)
    nobody = await visit(AnonymousUser(), lease.pk)
    nameless = await visit(lease.owner, lease.pk, open_stream=terminals.open_stream, name="third")
    answers = {await closed(socket) for socket in (foreign, unknown, nobody, nameless)}
    assert answers == {Close.NOT_YOURS}


async def test_a_client_of_another_protocol_is_refused(lease, mei):
    terminal = TerminalConsumer(Watch(), open_stream=PatternShim().connect)
    socket = WebsocketCommunicator(terminal, "/ws/x", subprotocols=["chat"])
    connected, _ = await socket.connect(timeout=5)
    assert not connected


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason])
async def test_a_lease_that_is_over_says_why(visit, mei, reason):
    over = await sync_to_async(lease_of)(mei, state=State.ENDED, reason=reason)
    assert await closed(await visit(mei, over.pk)) == CLOSE[reason]


def test_every_reason_has_a_close_code():
    assert set(CLOSE) == set(Reason)


@pytest.mark.parametrize(
    "message",
    [b"\x07", b"\x04\x00\x00\x00\x00", b"\x03" + bytes(8), b"\x01\x00\x00\x00\x00", b"\x02"],
)
async def test_a_malformed_message_ends_the_socket_with_4400(visit, mei, lease, message):
    socket = await visit(mei, lease.pk)
    await socket.send_to(bytes_data=HELLO)
    await socket.send_to(bytes_data=message)
    assert await closed(socket) == Close.BAD_FRAME


async def test_typing_before_hello_is_refused(visit, mei, lease):
    socket = await visit(mei, lease.pk)
    await socket.send_to(bytes_data=encode(Input(b"x")))
    assert await closed(socket) == Close.BAD_FRAME


async def test_a_text_message_and_an_empty_one_are_refused(visit, mei, lease):
    text, empty = await visit(mei, lease.pk), await visit(mei, lease.pk)
    await text.send_to(text_data="ls")
    await empty.send_input({"type": "websocket.receive", "bytes": b""})
    assert {await closed(text), await closed(empty)} == {Close.BAD_FRAME}


async def test_a_message_above_a_mebibyte_is_refused_with_4413(visit, mei, lease):
    socket = await visit(mei, lease.pk)
    await socket.send_to(bytes_data=HELLO)
    await socket.send_to(bytes_data=b"\x00" * (MAX_MESSAGE + 1))
    assert await closed(socket) == Close.TOO_LARGE


async def test_input_that_a_lab_does_not_take_in_is_bounded(visit, mei, lease):
    socket = await visit(mei, lease.pk, DeafShim())
    await socket.send_to(bytes_data=HELLO)
    await told(socket)
    for _ in range(40):
        await socket.send_to(bytes_data=encode(Input(b"x" * 60_000)))
    events = []
    while (event := await socket.receive_output(timeout=5))["type"] != "websocket.close":
        events.append(decode_served(event["bytes"]))
    assert event["code"] == Close.TOO_LARGE
    assert Notice(2, {"hold": True}) in events


async def test_input_before_the_shell_is_found_is_bounded(visit, mei, lease):
    async def never(*_, **__):
        await asyncio.Event().wait()

    socket = await visit(mei, lease.pk, open_stream=never)
    await socket.send_to(bytes_data=HELLO)
    await socket.send_to(bytes_data=encode(Input(b"x" * 70_000)))
    assert await closed(socket) == Close.TOO_LARGE


async def test_a_browser_waits_for_an_engine_that_restarts(visit, mei, lease):
    shim, refusals = PatternShim(50), [EngineUnreachable("away"), EngineRefused(503, "starting")]

    async def back_soon(*_, **__):
        if refusals:
            raise refusals.pop()
        return await shim.connect()

    socket = await visit(mei, lease.pk, open_stream=back_soon)
    await socket.send_to(bytes_data=HELLO)
    assert await told(socket) == Welcome(0, 80, 24, 1)


async def test_an_engine_that_stays_away_sends_the_browser_back_later(
    visit, mei, lease, monkeypatch
):
    async def away(*_, **__):
        raise EngineUnreachable("away")

    monkeypatch.setattr(consumer, "RETRY_SECONDS", (0.01, 0.01))
    assert await closed(await visit(mei, lease.pk, open_stream=away)) == Close.COME_BACK


@pytest.mark.parametrize("status", [404, 409])
async def test_a_lab_that_the_engine_no_longer_has_is_ended(visit, mei, lease, status):
    async def gone(*_, **__):
        raise EngineRefused(status, "no such container")

    assert await closed(await visit(mei, lease.pk, open_stream=gone)) == Close.ENDED


async def test_a_shell_that_ends_is_told_and_not_come_back_to(visit, mei, lease):
    socket = await visit(mei, lease.pk, EndingShim())
    await socket.send_to(bytes_data=HELLO)
    assert await told(socket) == Exited(3)
    assert await closed(socket) == Close.FINISHED


async def test_a_shim_that_drops_a_browser_may_be_come_back_to(visit, mei, lease):
    assert await closed(await visit(mei, lease.pk, VanishingShim())) == Close.COME_BACK


async def test_a_reset_under_an_open_terminal_says_so(visit, mei, lease):
    shim = VanishingShim()
    await sync_to_async(lease_over)(lease, Reason.RESET)
    assert await closed(await visit(mei, lease.pk, shim)) == Close.RESET


async def test_a_fresh_shell_is_asked_for_in_the_address(visit, mei, lease):
    asked, all_three = [], asyncio.Event()

    async def opened(_lease, name, *, fresh):
        asked.append((name, fresh))
        if len(asked) == 3:
            all_three.set()
        return await PatternShim(1).connect()

    for query in ("", "?fresh=1", "?fresh=10"):
        await visit(mei, lease.pk, open_stream=opened, name="second", query=query)
    async with asyncio.timeout(5):
        await all_three.wait()
    assert sorted(asked) == [("second", False), ("second", False), ("second", True)]
