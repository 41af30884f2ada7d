"""/terrarium: what Docker's API has no word for."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server.answers import Reply, as_json
from sandbox.engine import courier, glass, health
from sandbox.engine.errors import BadParameter
from sandbox.engine.policy import granted

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host


async def snapshot(host: Host, request: Request) -> Reply:
    """GET /terrarium/containers/NAME/snapshot: the kernel's view, from outside."""
    container = granted(host, request.policy, request.name)
    return as_json(await glass.snapshot(host, container))


async def look(host: Host, request: Request) -> Reply:
    """POST /terrarium/containers/NAME/look: paths as one process sees them."""
    container = granted(host, request.policy, request.name)
    return as_json(await glass.look(host, container, await _list(request)))


async def reach(host: Host, request: Request) -> Reply:
    """POST /terrarium/containers/NAME/reach: requests from its network namespaces."""
    container = granted(host, request.policy, request.name)
    return as_json(await courier.reach(host, container, await _list(request)))


async def healthy(host: Host, _request: Request) -> Reply:
    """GET /terrarium/health."""
    return as_json(await asyncio.to_thread(health.report, host))


async def _list(request: Request) -> list[Any]:
    try:
        asked = json.loads(await request.exchange.body())
    except ValueError as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    if not isinstance(asked, list):
        raise BadParameter("invalid JSON: a list is expected")
    return asked
