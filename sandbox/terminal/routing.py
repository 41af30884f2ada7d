"""Where terminals are found, and the one watch over those of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from sandbox.terminal.consumer import TerminalConsumer
from sandbox.terminal.watch import Watch

if TYPE_CHECKING:
    from typing import Any

WATCH = Watch()

# Django's stubs know views only; Channels' router calls an ASGI application.
_terminal: Any = TerminalConsumer(WATCH)

websocket_urlpatterns = [path("ws/labs/<str:lease>/terminal/<str:name>", _terminal)]
