"""/exec and /containers/NAME/exec."""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.dockerapi.server import create_body, fields, views
from sandbox.dockerapi.server.answers import Answer, Reply, as_json
from sandbox.dockerapi.server.requests import TAKEN_OVER
from sandbox.dockerapi.server.streams import (
    RAW,
    TERMINAL,
    asked_size,
    hang_up,
    stream_kind,
)
from sandbox.engine import detaching, execute
from sandbox.engine.container import ExecConfig, ExecState, Mode, Wish
from sandbox.engine.errors import EngineError, NotOffered, NotRunning, WrongState
from sandbox.engine.policy import granted, granted_exec

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host


async def create_one(host: Host, request: Request) -> Reply:
    """POST /containers/NAME/exec."""
    body = await request.json()
    container = granted(host, request.policy, request.name)
    if body.get("Privileged"):
        raise NotOffered("Privileged: every container runs in a user namespace of its own")
    detach_keys = str(body.get("DetachKeys") or "")
    detaching.keys(detach_keys)  # Checked now, as dockerd does.
    config = ExecConfig(
        args=fields.strings(body, "Cmd"),
        env=create_body.environment(body),
        user=str(body.get("User") or ""),
        cwd=str(body.get("WorkingDir") or ""),
        tty=bool(body.get("Tty")),
        stdin=bool(body.get("AttachStdin")),
        stdout=bool(body.get("AttachStdout")),
        stderr=bool(body.get("AttachStderr")),
        detach_keys=detach_keys,
        console_size=create_body.size_pair(body.get("ConsoleSize")),
    )
    instance = execute.prepare(host, container, config, asked_as=request.name)
    return as_json({"Id": instance.id}, HTTPStatus.CREATED)


async def start_one(host: Host, request: Request) -> Reply:
    """POST /exec/ID/start: detached, or the connection becomes the program's streams."""
    body = await request.json(empty_ok=True)
    container, instance = granted_exec(host, request.policy, request.name)
    config = instance.config
    if body.get("Detach"):
        await execute.run(host, container, instance, None)
        return Answer(HTTPStatus.OK, b"", "text/plain; charset=utf-8")
    if not container.running:
        raise NotRunning(container.id)
    wish = Wish(
        Mode.DOCKER, config.stdin, config.stdout, config.stderr, detaching.keys(config.detach_keys)
    )
    caller = await request.become(stream_kind(request, tty=config.tty), wish)
    spare = os.dup(caller.descriptor)
    try:
        await execute.run(host, container, instance, caller)
    except EngineError as error:
        # HTTP is over: dockerd writes the reason where the output would be.
        await hang_up(spare, f"{error}\r\n".encode(), tty=config.tty)
    else:
        os.close(spare)
    return TAKEN_OVER


async def terminal(host: Host, request: Request) -> Reply:
    """POST /exec/ID/terminal: starts the program or finds it again, in our own protocol."""
    container, instance = granted_exec(host, request.policy, request.name)
    if not instance.config.tty:
        raise WrongState(f"exec {instance.id} has no terminal")
    if container.shim is None:
        raise NotRunning(container.id)
    if instance.state is ExecState.CREATED:
        await execute.run(host, container, instance, None)
    caller = await request.become(RAW, Wish(Mode.TERMINAL), TERMINAL)
    execute.show(container, instance, caller)
    return TAKEN_OVER


async def resize(host: Host, request: Request) -> Reply:
    """POST /exec/ID/resize."""
    container, instance = granted_exec(host, request.policy, request.name)
    rows, columns = asked_size(request)
    execute.resize(container, instance, rows, columns)
    return Answer(HTTPStatus.OK, b"", "text/plain; charset=utf-8")


async def inspect(host: Host, request: Request) -> Reply:
    """GET /exec/ID/json."""
    container, instance = granted_exec(host, request.policy, request.name)
    return as_json(views.executed(container, instance))
