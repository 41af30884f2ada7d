"""Where the checks are found, and the one watch over those of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from course.exercises.attempts import catalogue
from course.exercises.consumer import ChecksConsumer
from course.exercises.watch import Watch

if TYPE_CHECKING:
    from typing import Any

# A broken exercise stops the server here, with file, line and reason.
catalogue()

# Django's stubs know views only; Channels' router calls an ASGI application.
_checks: Any = ChecksConsumer(Watch())

websocket_urlpatterns = [path("ws/labs/<str:lease>/checks", _checks)]
