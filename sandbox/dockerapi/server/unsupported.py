"""What Docker has and we have not: a plain answer that says so, or dockerd's own for "off"."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.dockerapi.server.answers import Reply, as_json, refusal
from sandbox.engine.errors import NoSuchPlugin

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host

_NO_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" '
    "to connect this node to swarm and try again."
)

ABSENT = (
    "GET /containers/{name}/attach/ws",
    "GET /containers/{name}/checkpoints",
    "POST /containers/{name}/checkpoints",
    "POST /commit",
    "POST /build",
    "POST /build/cancel",
    "POST /build/prune",
    "POST /images/create",
    "POST /images/load",
    "POST /images/prune",
    "GET /images/get",
    "GET /images/search",
    "GET /images/{name}/get",
    "GET /images/{name}/history",
    "POST /images/{name}/push",
    "POST /images/{name}/tag",
    "DELETE /images/{name}",
    "GET /distribution/{name}/json",
    "POST /auth",
    "POST /plugins/create",
    "GET /plugins/privileges",
    "POST /plugins/pull",
    "DELETE /plugins/{name}",
    "POST /plugins/{name}/enable",
    "POST /plugins/{name}/disable",
    "POST /plugins/{name}/push",
    "POST /plugins/{name}/set",
    "POST /plugins/{name}/upgrade",
    "POST /session",
    "POST /swarm/init",
    "POST /swarm/join",
)

SWARM = (
    "GET /swarm",
    "GET /swarm/unlockkey",
    "POST /swarm/unlock",
    "POST /swarm/update",
    "GET /nodes",
    "GET /nodes/{name}",
    "DELETE /nodes/{name}",
    "POST /nodes/{name}/update",
    "GET /services",
    "GET /services/{name}",
    "POST /services/create",
    "POST /services/{name}/update",
    "DELETE /services/{name}",
    "GET /services/{name}/logs",
    "GET /tasks",
    "GET /tasks/{name}",
    "GET /tasks/{name}/logs",
    "GET /secrets",
    "GET /secrets/{name}",
    "POST /secrets/create",
    "POST /secrets/{name}/update",
    "DELETE /secrets/{name}",
    "PUT /volumes/{name}",
    "GET /configs",
    "GET /configs/{name}",
    "POST /configs/create",
    "POST /configs/{name}/update",
    "DELETE /configs/{name}",
)


async def absent(_host: Host, request: Request) -> Reply:
    """501: Docker can, we cannot yet."""
    asked = request.exchange
    path = asked.target.partition("?")[0]
    message = f"{asked.method} {path}: this engine does not have this part of Docker's API yet"
    return refusal(HTTPStatus.NOT_IMPLEMENTED, message)


async def no_swarm(_host: Host, _request: Request) -> Reply:
    """dockerd's answer outside a swarm."""
    return refusal(HTTPStatus.SERVICE_UNAVAILABLE, _NO_MANAGER)


async def not_in_swarm(_host: Host, _request: Request) -> Reply:
    """dockerd's answer to leaving what one is not part of."""
    return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "This node is not part of a swarm")


async def no_plugin(_host: Host, request: Request) -> Reply:
    """dockerd's answer without plugins; `docker inspect NAME` asks for one, too."""
    raise NoSuchPlugin(request.name)


async def no_plugins(_host: Host, _request: Request) -> Reply:
    """dockerd's answer without plugins."""
    return as_json([])
