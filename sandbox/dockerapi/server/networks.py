"""/networks: bridges, and who is on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.dockerapi.server import labels, network_specs
from sandbox.dockerapi.server.answers import NO_CONTENT, Answer, Reply, as_json
from sandbox.dockerapi.server.fields import mapping, text
from sandbox.dockerapi.server.network_views import shown
from sandbox.engine import connecting, networking, policy
from sandbox.engine.clock import moment, nanoseconds
from sandbox.engine.errors import BadParameter, Forbidden
from sandbox.engine.network import PREDEFINED

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host
    from sandbox.engine.network import Network

_LISTED = frozenset(("dangling", "driver", "id", "label", "name", "scope", "type"))
_PRUNED = frozenset(("label", "label!", "until"))
_TRUE, _FALSE = {"1", "true"}, {"0", "false"}
_DONE = Answer(HTTPStatus.OK, b"", "text/plain; charset=utf-8", {})
Filters = Mapping[str, tuple[str, ...]]


async def list_some(host: Host, request: Request) -> Reply:
    """GET /networks."""
    policy.check_full(request.policy)
    filters = request.query.filters(_LISTED)
    _check(filters)
    networking.default_bridge(host)
    found = [n for n in host.networks.every() if _passes(host, n, filters)]
    return as_json([shown(host, network, containers=False) for network in found])


async def create_one(host: Host, request: Request) -> Reply:
    """POST /networks/create."""
    policy.check_full(request.policy)
    made = await networking.create(host, network_specs.network(await request.json()))
    return as_json({"Id": made.id, "Warning": ""}, HTTPStatus.CREATED)


async def inspect(host: Host, request: Request) -> Reply:
    """GET /networks/NAME."""
    policy.check_full(request.policy)
    networking.default_bridge(host)
    return as_json(shown(host, host.networks.find(request.name), containers=True))


async def remove_one(host: Host, request: Request) -> Reply:
    """DELETE /networks/NAME."""
    policy.check_full(request.policy)
    networking.default_bridge(host)
    await networking.remove(host, host.networks.find(request.name))
    return NO_CONTENT


async def connect(host: Host, request: Request) -> Reply:
    """POST /networks/NAME/connect."""
    policy.check_full(request.policy)
    body = await request.json()
    container = host.find(text(body, "Container"))
    said = mapping(body, "EndpointConfig")
    name = networking.canonical(host, request.name)
    await connecting.connect(host, container, network_specs.endpoint(name, said))
    return _DONE


async def disconnect(host: Host, request: Request) -> Reply:
    """POST /networks/NAME/disconnect."""
    policy.check_full(request.policy)
    body = await request.json()
    container = host.find(text(body, "Container"))
    await connecting.disconnect(host, container, request.name)
    return _DONE


async def prune(host: Host, request: Request) -> Reply:
    """POST /networks/prune: what no container has."""
    policy.check_full(request.policy)
    filters = request.query.filters(_PRUNED)
    removed = []
    for network in host.networks.every():
        if network.name in PREDEFINED or networking.claimed(host, network):
            continue
        if not _pruned(network, filters):
            continue
        try:
            await networking.remove(host, network)
        except Forbidden:
            continue  # Somebody joined it meanwhile.
        removed.append(network.name)
    host.journal.write("network", "prune", "", {"reclaimed": "0"})
    return as_json({"NetworksDeleted": removed or None})


def _check(filters: Filters) -> None:
    for kind in filters.get("type", ()):
        if kind not in ("custom", "builtin"):
            raise BadParameter(f"invalid filter: 'type'='{kind}'")
    for value in filters.get("dangling", ()):
        if value not in _TRUE | _FALSE:
            raise BadParameter(
                "invalid value for filter 'dangling', "
                'must be "true" (or "1"), or "false" (or "0")'
            )


def _passes(host: Host, network: Network, filters: Filters) -> bool:
    predefined = network.name in PREDEFINED
    unused = not predefined and not networking.claimed(host, network)
    tests: dict[str, Callable[[str], bool]] = {
        "name": lambda value: value in network.name,
        "id": network.id.startswith,
        "driver": lambda value: value == network.driver,
        "scope": lambda value: value == "local",
        "type": lambda value: predefined is (value == "builtin"),
        "dangling": lambda value: unused is (value in _TRUE),
    }
    if not labels.fits(network.labels, filters):
        return False
    return all(
        any(tests[name](value) for value in values)
        for name, values in filters.items()
        if name != "label"
    )


def _pruned(network: Network, filters: Filters) -> bool:
    for value in filters.get("until", ()):
        try:
            if nanoseconds(network.created) >= moment(value, time.time_ns()):
                return False
        except ValueError:
            raise BadParameter(f"invalid filter 'until={value}'") from None
    return labels.fits(network.labels, filters)
