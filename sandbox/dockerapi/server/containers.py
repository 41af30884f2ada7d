"""/containers: making, finding, starting, ending and removing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.dockerapi.server import (
    create_body,
    listing,
    network_specs,
    refused,
    restart_specs,
    views,
)
from sandbox.dockerapi.server.answers import NO_CONTENT, Reply, Stream, as_json, json_line
from sandbox.dockerapi.server.fields import mapping, number
from sandbox.engine import altering, create, pausing, policy, remove, signals, sizes, start, stop
from sandbox.engine.errors import (
    BadParameter,
    EngineError,
    Forbidden,
    NoSuchContainer,
    Unanswerable,
)
from sandbox.engine.policy import granted

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

_CONDITIONS = ("not-running", "next-exit", "removed")
_WITHOUT_SHORT_IDS = (1, 45)  # Since this version of the API aliases hold only what was asked for.


async def create_one(host: Host, request: Request) -> Reply:
    """POST /containers/create."""
    body = await request.json()
    policy.check_creation(request.policy, body)
    config, limits, wishes = create_body.parsed(body)
    made = await create.create(host, config, limits, wishes, request.query.text("name"))
    warnings = network_specs.warnings(body)
    return as_json({"Id": made.id, "Warnings": warnings}, HTTPStatus.CREATED)


async def list_some(host: Host, request: Request) -> Reply:
    """GET /containers/json."""
    filters = request.query.filters(listing.KNOWN)
    limit = request.query.number("limit", 0)
    everything = request.query.flag("all") or limit > 0
    seen = [c for c in host.containers.values() if policy.visible(request.policy, c)]
    found = listing.chosen(host, seen, filters, everything=everything)
    rows = [views.listed(container) for container in found[: limit if limit > 0 else None]]
    if request.query.flag("size"):
        for container, row in zip(found, rows, strict=False):
            row.update(await _sizes(host, container))
    return as_json(rows)


async def inspect(host: Host, request: Request) -> Reply:
    """GET /containers/NAME/json."""
    container = granted(host, request.policy, request.name)
    shown = views.inspected(
        container,
        host.store.directory_of(container.id),
        short_ids=request.version < _WITHOUT_SHORT_IDS,
    )
    if request.query.flag("size"):
        shown |= await _sizes(host, container)
    return as_json(shown)


async def start_one(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/start."""
    await start.start(host, granted(host, request.policy, request.name))
    return NO_CONTENT


async def stop_one(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/stop."""
    container = granted(host, request.policy, request.name)
    signal = request.query.text("signal")
    try:
        await stop.stop(host, container, patience=_patience(request), signal=signal)
    except ValueError as error:
        raise Unanswerable(f"cannot stop container: {request.name}: {error}") from None
    return NO_CONTENT


async def restart(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/restart."""
    container = granted(host, request.policy, request.name)
    try:
        await stop.restart(host, container, patience=_patience(request))
    except EngineError as error:
        raise Unanswerable(f"Cannot restart container {request.name}: {error}") from error
    return NO_CONTENT


async def kill(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/kill."""
    try:  # Before the container is looked for, as in dockerd.
        number = signals.number(request.query.text("signal", "KILL"))
    except ValueError as error:
        raise BadParameter(f"cannot kill container: {request.name}: {error}") from None
    try:
        container = granted(host, request.policy, request.name)
    except NoSuchContainer:
        raise NoSuchContainer(request.name, "cannot kill container") from None
    await stop.kill(host, container, number, asked_as=request.name)
    return NO_CONTENT


async def pause(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/pause."""
    await pausing.pause(host, granted(host, request.policy, request.name))
    return NO_CONTENT


async def unpause(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/unpause."""
    await pausing.unpause(host, granted(host, request.policy, request.name))
    return NO_CONTENT


async def rename(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/rename."""
    container = granted(host, request.policy, request.name)
    altering.rename(host, container, request.query.text("name"))
    return NO_CONTENT


async def update(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/update."""
    if request.policy is not policy.Policy.FULL:
        granted(host, request.policy, request.name)
        raise Forbidden("not through this socket: labs keep the limits that they were made with")
    body = await request.json()
    refused.check_update(body)
    wanted = altering.Wanted(
        memory=number(body, "Memory"),
        memory_swap=number(body, "MemorySwap"),
        nano_cpus=number(body, "NanoCpus"),
        pids_limit=None if body.get("PidsLimit") is None else number(body, "PidsLimit"),
        restart=restart_specs.policy(body) if mapping(body, "RestartPolicy").get("Name") else None,
    )
    altering.check(wanted)
    container = granted(host, request.policy, request.name)
    await altering.update(host, container, wanted)
    return as_json({"Warnings": None})


async def remove_one(host: Host, request: Request) -> Reply:
    """DELETE /containers/NAME."""
    container = granted(host, request.policy, request.name)
    if request.query.flag("link"):
        raise BadParameter("links are not available")
    if request.query.flag("force"):
        await stop.force_end(host, container)
    try:
        await remove.remove(host, container, volumes=request.query.flag("v"))
    except NoSuchContainer:
        if not container.record.host.auto_remove:
            raise  # With --rm the end itself has removed it in between: what was asked for.
    return NO_CONTENT


async def wait(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/wait: the head at once, the code when it is known."""
    condition = request.query.text("condition", "not-running")
    if condition not in _CONDITIONS:
        raise BadParameter(f'invalid condition: "{condition}"')
    container = granted(host, request.policy, request.name)
    match condition:
        case "not-running" if not container.active:
            return Stream(_code_now(container.record.status.exit_code))
        case "not-running" | "next-exit":
            return Stream(_code_then(container.next_end()))
        case _:
            return Stream(_code_then(container.removal()))


async def _code_now(code: int) -> AsyncIterator[bytes]:
    yield json_line({"StatusCode": code})


async def _code_then(end: asyncio.Future[int]) -> AsyncIterator[bytes]:
    try:
        yield json_line({"StatusCode": await end})
    finally:
        end.cancel()


def _patience(request: Request) -> float | None:
    if not request.query.text("t"):
        return None
    return float(request.query.number("t", 0))


async def _sizes(host: Host, container: Container) -> dict[str, int]:
    written = await asyncio.to_thread(sizes.written, host, container)
    image = create.find_image(host, container.record.image_id).size
    return {"SizeRw": written, "SizeRootFs": image + written}
