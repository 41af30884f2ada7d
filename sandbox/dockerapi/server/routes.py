"""The route table: from method and path to the function that answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import unquote

from sandbox.dockerapi.server import (
    archives,
    containers,
    events,
    images,
    looking,
    networks,
    pruning,
    stats,
    streams,
    system,
    terrarium,
    unsupported,
    versions,
    volumes,
)
from sandbox.dockerapi.server import (
    exec as execs,
)
from sandbox.dockerapi.server.answers import Reply, refusal
from sandbox.dockerapi.server.errors import answer_to, unforeseen
from sandbox.dockerapi.server.http import BodyTooLarge, Exchange, Handler
from sandbox.dockerapi.server.requests import Request, parsed_query
from sandbox.engine.errors import EngineError
from sandbox.engine.host import Host
from sandbox.engine.policy import Policy

log = logging.getLogger(__name__)
Deed = Callable[[Host, Request], Awaitable[Reply]]

ROUTES: dict[str, Deed] = {
    "GET /_ping": system.ping,
    "HEAD /_ping": system.ping,
    "GET /version": system.version,
    "GET /info": system.info,
    "GET /events": events.listen,
    "POST /containers/create": containers.create_one,
    "GET /containers/json": containers.list_some,
    "GET /containers/ps": containers.list_some,
    "GET /containers/{name}/json": containers.inspect,
    "HEAD /containers/{name}/archive": archives.examine,
    "GET /containers/{name}/archive": archives.send,
    "PUT /containers/{name}/archive": archives.receive,
    "GET /containers/{name}/export": archives.export,
    "GET /containers/{name}/stats": stats.stats,
    "GET /containers/{name}/top": looking.top,
    "GET /containers/{name}/changes": looking.changed,
    "POST /containers/{name}/start": containers.start_one,
    "POST /containers/{name}/stop": containers.stop_one,
    "POST /containers/{name}/restart": containers.restart,
    "POST /containers/{name}/kill": containers.kill,
    "POST /containers/{name}/pause": containers.pause,
    "POST /containers/{name}/unpause": containers.unpause,
    "POST /containers/{name}/rename": containers.rename,
    "POST /containers/{name}/update": containers.update,
    "POST /containers/{name}/wait": containers.wait,
    "POST /containers/prune": pruning.prune,
    "GET /system/df": pruning.disk_usage,
    "DELETE /containers/{name}": containers.remove_one,
    "POST /containers/{name}/attach": streams.attach_one,
    "POST /containers/{name}/resize": streams.resize,
    "GET /containers/{name}/logs": streams.read_logs,
    "POST /containers/{name}/terminal": streams.terminal,
    "POST /containers/{name}/exec": execs.create_one,
    "POST /exec/{name}/start": execs.start_one,
    "POST /exec/{name}/terminal": execs.terminal,
    "POST /exec/{name}/resize": execs.resize,
    "GET /exec/{name}/json": execs.inspect,
    "GET /images/json": images.list_all,
    "GET /images/{name}/json": images.inspect,
    "GET /volumes": volumes.list_some,
    "POST /volumes/create": volumes.create_one,
    "POST /volumes/prune": volumes.prune,
    "GET /volumes/{name}": volumes.inspect,
    "DELETE /volumes/{name}": volumes.remove_one,
    "GET /networks": networks.list_some,
    "POST /networks/create": networks.create_one,
    "POST /networks/prune": networks.prune,
    "GET /networks/{name}": networks.inspect,
    "DELETE /networks/{name}": networks.remove_one,
    "POST /networks/{name}/connect": networks.connect,
    "POST /networks/{name}/disconnect": networks.disconnect,
    "GET /terrarium/health": terrarium.healthy,
    "GET /terrarium/containers/{name}/snapshot": terrarium.snapshot,
    "POST /terrarium/containers/{name}/look": terrarium.look,
    "POST /terrarium/containers/{name}/reach": terrarium.reach,
    "GET /plugins": unsupported.no_plugins,
    "GET /plugins/{name}/json": unsupported.no_plugin,
    "POST /swarm/leave": unsupported.not_in_swarm,
    **dict.fromkeys(unsupported.SWARM, unsupported.no_swarm),
    **dict.fromkeys(unsupported.ABSENT, unsupported.absent),
}


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table, ready to match."""

    method: str
    pattern: re.Pattern[str]
    deed: Deed


def compiled(table: Iterable[tuple[str, Deed]]) -> tuple[Route, ...]:
    """Fixed paths before those with a name in them. Names of images may hold slashes."""
    routes = []
    for line, deed in sorted(table, key=lambda entry: "{" in entry[0]):
        method, _, path = line.partition(" ")
        kind = ".+" if path.startswith(("/images/", "/distribution/", "/plugins/")) else "[^/]+"
        pattern = path.replace("{name}", f"(?P<name>{kind})")
        routes.append(Route(method, re.compile(pattern), deed))
    return tuple(routes)


_ROUTES = compiled(ROUTES.items())


def handler(host: Host, policy: Policy) -> Handler:
    """Answers everything that comes in by a socket with these rights."""
    return partial(_answer, host, policy)


async def _answer(host: Host, policy: Policy, exchange: Exchange) -> Reply:
    path, _, query = exchange.target.partition("?")
    asked, rest = versions.split(path)
    found = _match(exchange.method, unquote(rest))
    if found is None:
        return refusal(HTTPStatus.NOT_FOUND, "page not found")
    route, arguments = found
    try:
        version = versions.agreed(asked)
        request = Request(version, arguments, parsed_query(query), policy, exchange)
        return await route.deed(host, request)
    except (EngineError, BodyTooLarge) as error:
        return answer_to(error)
    # The one place where what nobody foresaw is logged; the client gets a 500.
    except Exception as error:
        log.exception("%s %s", exchange.method, path)
        return unforeseen(error)


def _match(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in _ROUTES:
        if route.method == method and (found := route.pattern.fullmatch(path)):
            return route, found.groupdict()
    return None
