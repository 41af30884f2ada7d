"""Whether a WebSocket was opened by a page of ours: a browser lets any page open one, with cookies.

An opened socket must come from the very host and port it asks for, or from a trusted origin; no
Origin at all is refused, for every browser sends one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Application = Callable[[Any, Any, Any], Awaitable[None]]

DEFAULT_PORTS = {"http": 80, "https": 443}


class SameOrigin:
    """Wraps an ASGI application: a socket of another origin is refused (403) before it is one."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        headers: list[tuple[bytes, bytes]] = scope.get("headers", [])
        trusted = settings.CSRF_TRUSTED_ORIGINS
        if is_ours(headers, trusted=trusted):
            await self._application(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 4403})


def is_ours(headers: list[tuple[bytes, bytes]], *, trusted: Iterable[str]) -> bool:
    """Whether the one Origin names the one Host, port included, or is trusted as it stands."""
    origins = [value for name, value in headers if name == b"origin"]
    hosts = [value for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    origin, host = origins[0].decode("latin-1").lower(), hosts[0].decode("latin-1").lower()
    if origin in {one.lower() for one in trusted}:
        return True
    asked = _place(f"{origin.partition('://')[0]}://{host}")
    return asked is not None and asked == _place(origin)


def _place(origin: str) -> tuple[str, int] | None:
    """Host and port of `scheme://host[:port]`; None for anything more, less or else."""
    try:
        parts = urlsplit(origin)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    # An Origin has no path, no user and no blank: what has one is no browser's.
    plain = f"{parts.scheme}://{parts.netloc}" == origin and "@" not in parts.netloc
    if not plain or not parts.hostname or port is None or not origin.isascii():
        return None
    return parts.hostname, port
