"""GET /events: what happened, and what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server import labels
from sandbox.dockerapi.server.answers import Reply, Stream, json_line
from sandbox.engine.clock import nanoseconds
from sandbox.engine.errors import BadNumber
from sandbox.engine.policy import Policy

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.events import Happening
    from sandbox.engine.host import Host

_SECOND = 1_000_000_000
# fmt: off
_KNOWN = frozenset((
    "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin",
    "scope", "secret", "service", "type", "volume",
))
# fmt: on
Filters = Mapping[str, tuple[str, ...]]


async def listen(host: Host, request: Request) -> Reply:
    """The kept events from `since` on, then new ones until `until` or until the client goes."""
    asked = request.query.filters(
        None
    )  # As in dockerd, a filter that nobody knows chooses nothing.
    filters = {name: values for name, values in asked.items() if name in _KNOWN}
    since, until = _moment(request, "since"), _moment(request, "until")
    labs_only = request.policy is Policy.LABS

    def wanted(happening: Happening) -> bool:
        seen = not labs_only or happening.actor in host.labs()
        return seen and _passes(happening, filters)

    async def lines() -> AsyncIterator[bytes]:
        with host.journal.listening() as listener:
            for happening in host.journal.since(since) if since else ():
                if wanted(happening) and (not until or happening.at <= until):
                    yield json_line(_shown(happening))
            try:
                async with asyncio.timeout(_seconds_until(until)):
                    while happening := await listener.next():  # type: ignore[assignment]  # None ends it
                        if wanted(happening):
                            yield json_line(_shown(happening))
            except TimeoutError:
                return

    return Stream(lines())


def _seconds_until(until: int) -> float | None:
    return max(until - time.time_ns(), 0) / _SECOND if until else None


def _moment(request: Request, name: str) -> int:
    text = request.query.text(name)
    try:
        return nanoseconds(text) if text else 0
    except ValueError:
        raise BadNumber(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _passes(happening: Happening, filters: Filters) -> bool:
    return all(_one_passes(happening, name, values) for name, values in filters.items())


def _one_passes(happening: Happening, name: str, values: tuple[str, ...]) -> bool:
    attributes = happening.attributes
    match name:
        case "type":
            return happening.kind in values
        case "event":
            return happening.action in values or happening.action.partition(":")[0] in values
        case "scope":
            return "local" in values
        case "label":
            return all(labels.carries(attributes, value) for value in values)
        case _:
            return _names_it(happening, name, values)


def _names_it(happening: Happening, kind: str, values: tuple[str, ...]) -> bool:
    attributes, actor = happening.attributes, happening.actor
    if kind == "image" and happening.kind == "container":
        image = attributes.get("image", "")
        return any(value in (image, image.partition(":")[0]) for value in values)
    names = (actor, attributes.get("name", ""))
    return happening.kind == kind and any(v in names or actor.startswith(v) for v in values)


def _shown(happening: Happening) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if happening.kind in ("container", "image"):
        shown = {"status": happening.action, "id": happening.actor}
        if image := happening.attributes.get("image"):
            shown["from"] = image
    return {
        **shown,
        "Type": happening.kind,
        "Action": happening.action,
        "Actor": {"ID": happening.actor, "Attributes": dict(sorted(happening.attributes.items()))},
        "scope": "local",
        "time": happening.at // _SECOND,
        "timeNano": happening.at,
    }
