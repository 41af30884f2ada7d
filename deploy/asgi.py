"""The web process: HTTP to Django, WebSockets to their consumers, the reaper beside them.

`router` is the application alone; `application`, which the server runs, also starts what lives as
long as the process, at its first request (Daphne has no lifespan).
"""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
_http = get_asgi_application()

# Consumers import models, so the applications have to be there first.
from course.exercises.routing import websocket_urlpatterns as checks  # noqa: E402 - see above
from course.study import library, passages  # noqa: E402 - see above
from sandbox.session import farewell, reaper  # noqa: E402 - see above
from sandbox.terminal.origin import SameOrigin  # noqa: E402 - see above
from sandbox.terminal.routing import websocket_urlpatterns as terminals  # noqa: E402 - see above

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Scope]]
    Send = Callable[[Scope], Awaitable[None]]

# Broken content stops the server here, with the file, the line and the reason.
library.check()
passages.build()

_sockets = AuthMiddlewareStack(URLRouter([*terminals, *checks]))
router = ProtocolTypeRouter({"http": _http, "websocket": SameOrigin(_sockets)})

_reapers: list[object] = []
# What is imported stays for good: a collection that walks through it would stall every terminal.
gc.freeze()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The router, with the farewell and the reaper in place."""
    if not _reapers:
        _reapers.append(reaper.start())
        farewell.listen()
    await router(scope, receive, send)
