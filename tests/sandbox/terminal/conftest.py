"""Two learners, a lease, and browsers that visit it through the real consumer."""

from __future__ import annotations

from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.urls import path

from course.progress.models import Learner
from sandbox.terminal.consumer import TerminalConsumer
from sandbox.terminal.frames import (
    SUBPROTOCOL,
)
from sandbox.terminal.watch import Watch
from tests.sandbox.terminal.shims import PatternShim
from tests.sandbox.terminal.visits import lease_of


@pytest.fixture
def mei(db):
    return Learner.objects.create_user("mei", password="glass-box-42")


@pytest.fixture
def kai(db):
    return Learner.objects.create_user("kai", password="glass-box-43")


@pytest.fixture
def lease(mei):
    return lease_of(mei)


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
