"""/containers: top, changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.dockerapi.server.answers import Reply, as_json
from sandbox.engine import changes, processes
from sandbox.engine.errors import Forbidden
from sandbox.engine.policy import Policy, granted

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host


async def top(host: Host, request: Request) -> Reply:
    """GET /containers/NAME/top."""
    container = granted(host, request.policy, request.name)
    arguments = request.query.text("ps_args")
    if arguments and request.policy is not Policy.FULL:
        raise Forbidden("not through this socket: ps_args are arguments of a program of the host")
    found = await processes.table(host, container, arguments)
    return as_json({"Titles": found.titles, "Processes": found.rows})


async def changed(host: Host, request: Request) -> Reply:
    """GET /containers/NAME/changes."""
    container = granted(host, request.policy, request.name)
    found = await asyncio.to_thread(changes.changes, host, container)
    shown = [{"Path": change.path, "Kind": int(change.kind)} for change in found]
    return as_json(shown or None)
