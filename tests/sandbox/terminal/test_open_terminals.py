"""What happens to terminals that are open: leases end, users leave, the server restarts."""

from __future__ import annotations

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.signals import user_logged_out

from course.progress.models import Learner
from sandbox.session import farewell, leases
from sandbox.session.models import Lease, Reason
from sandbox.terminal import routing
from sandbox.terminal.closing import Close
from sandbox.terminal.frames import (
    Hello,
    Input,
    encode,
)
from sandbox.terminal.outlet import Outlet
from sandbox.terminal.viewer import Viewer
from sandbox.terminal.watch import Watch
from tests.sandbox.terminal.shims import PatternShim
from tests.sandbox.terminal.visits import closed, lease_of, lease_over, told

pytestmark = pytest.mark.django_db(transaction=True)
HELLO = encode(Hello(0))


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
