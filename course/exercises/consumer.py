"""The checks socket: who asks, about which lab, and then verdicts out and small messages in.

An ASGI application; the Origin is checked before it by whoever mounts it (deploy/asgi.py).
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from course.exercises.catalogue import NoSuchExercise
from course.exercises.evaluator import CODES, ENDED
from course.exercises.messages import (
    LARGEST,
    Answer,
    BadMessage,
    Hint,
    Predict,
    Shown,
    Visible,
    parse,
)
from course.exercises.viewer import Viewer
from course.exercises.watch import COME_BACK, TooManyPages
from sandbox.session import farewell, leases
from sandbox.session.lab import LeaseDenied
from sandbox.session.models import Reason
from sandbox.session.state import State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from course.exercises.evaluator import Evaluator
    from course.exercises.watch import Watch
    from sandbox.session.models import Lease

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

BAD_MESSAGE, NOT_YOURS, TOO_LARGE = 4400, 4403, 4413
MOST_MESSAGES = 64  # waiting to be taken in; a page says a few per minute


class ChecksConsumer:
    """The ASGI application of `/ws/labs/LEASE/checks`."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        viewer = Viewer(language=_language(scope))
        farewell.SOCKETS.arrive(viewer, _goodbye(viewer))
        inbox: asyncio.Queue[str] = asyncio.Queue(MOST_MESSAGES)
        telling = asyncio.create_task(_tell(viewer, send))
        serving = asyncio.create_task(self._serve(viewer, scope, inbox))
        try:
            await _read_all(receive, viewer, inbox)
        finally:
            farewell.SOCKETS.depart(viewer)
            serving.cancel()
            telling.cancel()

    async def _serve(
        self, viewer: Viewer, scope: dict[str, Any], inbox: asyncio.Queue[str]
    ) -> None:
        try:
            lease = await _granted(scope)
        except DatabaseError:
            viewer.leave(COME_BACK)
            return
        if lease is None or lease.state != State.RUNNING:
            viewer.leave(NOT_YOURS if lease is None else _why_over(lease))
            return
        try:
            evaluator = await self._watch.join(viewer, lease)
        except (DatabaseError, NoSuchExercise, TooManyPages):
            viewer.leave(COME_BACK)
            return
        try:
            while True:
                await _take(await inbox.get(), viewer, evaluator)
        except BadMessage:
            viewer.leave(BAD_MESSAGE)
        except DatabaseError:
            viewer.leave(COME_BACK)
        finally:
            evaluator.leave(viewer)


async def _take(text: str, viewer: Viewer, evaluator: Evaluator) -> None:
    """Act on one message. Raises BadMessage, Django's database errors."""
    match parse(text):
        case Visible(value=value):
            viewer.visible = value
            evaluator.stirred.set()
        case Predict() as said:
            await evaluator.predict(said)
        case Answer() as said:
            evaluator.answer(said)
        case Hint() as said:
            evaluator.hint(said)
        case Shown(text=shown):
            evaluator.standings.screen = shown


async def _read_all(receive: Receive, viewer: Viewer, inbox: asyncio.Queue[str]) -> None:
    """Take in messages until the page is gone; what does not fit closes the socket."""
    while (event := await receive())["type"] != "websocket.disconnect":
        text = event.get("text")
        if text is None:
            viewer.leave(BAD_MESSAGE)
        elif len(text) > LARGEST:
            viewer.leave(TOO_LARGE)
        elif not inbox.full():
            inbox.put_nowait(text)
        else:
            viewer.leave(TOO_LARGE)


async def _tell(viewer: Viewer, send: Send) -> None:
    closing = 0
    while not closing:
        messages, closing = await viewer.next()
        for message in messages:
            await send({"type": "websocket.send", "text": json.dumps(message, ensure_ascii=False)})
    await send({"type": "websocket.close", "code": closing})


async def _granted(scope: dict[str, Any]) -> Lease | None:
    """The lease that the path names when it is the user's; None for foreign and unknown alike."""
    lease_id = scope["url_route"]["kwargs"]["lease"]
    try:
        lease: Lease = await database_sync_to_async(leases.lease_for)(scope["user"], lease_id)
    except (LeaseDenied, ValueError):  # A NUL in the path is a ValueError of PostgreSQL's driver.
        return None
    return lease


def _why_over(lease: Lease) -> int:
    """The close code of a lease that does not run; while it starts, the page may come back."""
    return COME_BACK if lease.is_open else CODES.get(Reason(lease.reason), ENDED)


def _language(scope: dict[str, Any]) -> str:
    """The language of the page: ?lang=, which the page sends, else the cookie of set_language."""
    for part in scope.get("query_string", b"").split(b"&"):
        if part.startswith(b"lang="):
            return "zh-hans" if part.startswith(b"lang=zh") else "en"
    cookies: dict[str, str] = scope.get("cookies", {})
    return cookies.get(settings.LANGUAGE_COOKIE_NAME, "en")


def _goodbye(viewer: Viewer) -> Callable[[], Awaitable[None]]:
    async def leave() -> None:
        viewer.leave(COME_BACK)

    return leave
