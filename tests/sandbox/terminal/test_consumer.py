"""A terminal's socket: who gets in, what is refused, and with which word it is closed."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_out
from django.urls import path

from course.progress.models import Learner
from sandbox.dockerapi.wire import EngineRefused, EngineUnreachable
from sandbox.session import farewell, leases, terminals
from sandbox.session.models import Lease, Reason
from sandbox.session.state import State
from sandbox.terminal import consumer, routing
from sandbox.terminal.closing import CLOSE, Close
from sandbox.terminal.consumer import TerminalConsumer
from sandbox.terminal.frames import (
    MAX_MESSAGE,
    SUBPROTOCOL,
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
from sandbox.terminal.outlet import Outlet
from sandbox.terminal.viewer import Viewer
from sandbox.terminal.watch import Watch
from tests.sandbox.terminal.shims import DeafShim, EndingShim, PatternShim, VanishingShim, pattern

pytestmark = pytest.mark.django_db(transaction=True)
HELLO = encode(Hello(0))


@pytest.fixture
def mei(db):
    return Learner.objects.create_user("mei", password="glass-box-42")


@pytest.fixture
def kai(db):
    return Learner.objects.create_user("kai", password="glass-box-43")


@pytest.fixture
def lease(mei):
    return lease_of(mei)


def lease_of(owner, *, state=State.RUNNING, reason=Reason.NONE, minutes=60, exercise="u02-1"):
    now = datetime.now(UTC)
    ends = now + timedelta(minutes=minutes)
    return Lease.objects.create(
        owner=owner, exercise=exercise, container="c" * 64, state=state, reason=reason,
        created=now, last_used=now - timedelta(minutes=5), ends_at=ends,
    )  # fmt: skip


@pytest.fixture
async def visit():
    sockets = []

    async def open_socket(
        user, lease_id, shim=None, *, name="main", watch=None, query="", open_stream=None
    ):
        shim = shim or PatternShim(50)
        terminal: Any = TerminalConsumer(watch or Watch(), open_stream=open_stream or shim.connect)
        router = URLRouter([path("ws/labs/<str:lease>/terminal/<str:name>", terminal)])

        async def signed_in(scope, receive, send):
            await router({**scope, "user": user}, receive, send)

        address = f"/ws/labs/{lease_id}/terminal/{name}{query}"
        socket = WebsocketCommunicator(signed_in, address, subprotocols=[SUBPROTOCOL])
        assert await socket.connect(timeout=5) == (True, SUBPROTOCOL)
        sockets.append(socket)
        return socket

    yield open_socket
    for socket in sockets:
        await socket.disconnect()


async def told(socket):
    return decode_served(await socket.receive_from(timeout=5))


async def closed(socket):
    while (event := await socket.receive_output(timeout=5))["type"] != "websocket.close":
        pass
    return event["code"]


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


async def test_a_lease_that_ends_closes_its_terminals(visit, mei, lease):
    watch = Watch()
    socket = await visit(mei, lease.pk, watch=watch)
    await socket.send_to(bytes_data=HELLO)
    await told(socket)
    await sync_to_async(lease_over)(lease, Reason.IDLE)
    await watch.tick()
    assert await closed(socket) == Close.IDLE


async def test_a_lease_that_ends_soon_is_announced_once(visit, mei):
    watch, soon = Watch(), await sync_to_async(lease_of)(mei, minutes=1)
    socket = await visit(mei, soon.pk, watch=watch)
    await socket.send_to(bytes_data=HELLO)
    await told(socket)
    await told(socket)
    await watch.tick()
    await watch.tick()
    notice = await told(socket)
    assert (notice.code, notice.detail["ends_at"]) == (1, soon.ends_at.isoformat())
    assert await socket.receive_nothing(timeout=0.1)


async def test_who_comes_while_the_leases_are_read_stays(visit, mei, lease, monkeypatch):
    watch, sent = Watch(), []

    async def send(event):
        sent.append(event.get("bytes", event["type"]))

    read, asked, answer = leases.standing, threading.Event(), threading.Event()

    def slow(ids):
        found = read(ids)
        asked.set()
        answer.wait(5)
        return found

    monkeypatch.setattr(leases, "standing", slow)
    looking = asyncio.create_task(watch.tick())
    await asyncio.to_thread(asked.wait, 5)
    watch.join(viewer := Viewer(Outlet(send)), lease)
    answer.set()
    await looking
    viewer.deliver(b"\x00 still here")
    assert sent == [b"\x00 still here"]
    watch.leave(viewer)


async def test_typing_keeps_a_lab_and_looking_does_not(visit, mei, lease):
    watch, shim = Watch(), PatternShim(50)
    socket = await visit(mei, lease.pk, shim, watch=watch)
    await socket.send_to(bytes_data=HELLO)
    await told(socket)
    await watch.tick()
    seen = await Lease.objects.aget(pk=lease.pk)
    assert seen.last_used == lease.last_used
    await socket.send_to(bytes_data=encode(Input(b"x")))
    await shim.has_heard(2)
    await watch.tick()
    used = await Lease.objects.aget(pk=lease.pk)
    assert used.last_used > lease.last_used


async def test_a_logout_makes_the_users_terminals_prove_themselves(visit, mei, kai, lease):
    other = await sync_to_async(lease_of)(kai)
    mine = await visit(mei, lease.pk, watch=routing.WATCH)
    theirs = await visit(kai, other.pk, watch=routing.WATCH)
    for socket in (mine, theirs):
        await socket.send_to(bytes_data=HELLO)
        await told(socket)
    await sync_to_async(user_logged_out.send)(sender=Learner, user=mei)
    assert await closed(mine) == Close.COME_BACK
    await told(theirs)
    assert await theirs.receive_nothing(timeout=0.1)


async def test_a_server_that_ends_asks_its_browsers_to_come_back(visit, mei, lease, monkeypatch):
    monkeypatch.setattr(farewell, "PATIENCE_SECONDS", 0.05)
    socket = await visit(mei, lease.pk)
    await farewell.SOCKETS.dismiss()
    assert await closed(socket) == Close.COME_BACK


async def test_a_stalled_browser_holds_at_most_a_window(visit, mei, lease):
    shim = PatternShim()
    socket = await visit(mei, lease.pk, shim)
    await socket.send_to(bytes_data=HELLO)
    got = 0
    while not await socket.receive_nothing(timeout=0.1):
        got += len(await socket.receive_from(timeout=5))
    assert 128 * 1024 <= got < 140 * 1024


def lease_over(lease, reason):
    assert leases.end(Lease.objects.get(pk=lease.pk), reason=reason).state == State.ENDED
