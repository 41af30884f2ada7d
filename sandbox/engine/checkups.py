"""A container's health: its check is run again and again, by Docker's rules, while it runs."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

from sandbox.engine import execute
from sandbox.engine.clock import nanoseconds, rfc3339
from sandbox.engine.container import Caller, ExecConfig, Wish
from sandbox.engine.errors import EngineError
from sandbox.engine.findings import Finding, Health

if TYPE_CHECKING:
    from sandbox.engine.container import Container, Exec
    from sandbox.engine.host import Host
    from sandbox.engine.record import Record
    from sandbox.image.healthcheck import Healthcheck

SECOND = 1_000_000_000
INTERVAL = 30 * SECOND
TIMEOUT = 30 * SECOND
START_INTERVAL = 5 * SECOND
RETRIES = 3
MOST_OUTPUT = 4096  # bytes of one finding
_CUT = "..."
_SIGKILL = 9
_LAST_OUTPUT_SECONDS = 1.0  # For what it said to arrive after its end.


def first(record: Record) -> str:
    """The health of a container that starts: "" without a check."""
    check = record.config.healthcheck
    return Health.STARTING if check and check.command else ""


def begin(host: Host, container: Container) -> None:
    """Check a running container from now on."""
    check = container.record.config.healthcheck
    if check and check.command and not container.paused:
        name = f"check {container.id[:12]}"
        container.checkup.task = host.in_background(_monitor(host, container, check), name)


def cease(container: Container) -> None:
    """It has ended, or cannot answer."""
    if container.checkup.task is not None:
        container.checkup.task.cancel()
        container.checkup.task = None


async def _monitor(host: Host, container: Container, check: Healthcheck) -> None:
    started = nanoseconds(container.record.status.started_at)
    while True:
        starting = (
            container.record.status.health == Health.STARTING
            and time.time_ns() - started < check.start_period
        )
        pause = check.start_interval or START_INTERVAL if starting else check.interval or INTERVAL
        await asyncio.sleep(pause / SECOND)
        begun = time.time_ns()
        code, output = await _examined(host, container, check)
        finding = Finding(rfc3339(begun), rfc3339(time.time_ns()), code, output)
        _note(host, container, check, finding, early=begun - started < check.start_period)


def _note(
    host: Host, container: Container, check: Healthcheck, finding: Finding, *, early: bool
) -> None:
    checkup, before = container.checkup, container.record.status.health
    checkup.findings.append(finding)
    now = before
    if finding.exit_code == 0:
        checkup.streak, now = 0, Health.HEALTHY
    elif before != Health.STARTING or not early:
        checkup.streak += 1
        if checkup.streak >= (check.retries if check.retries > 0 else RETRIES):
            now = Health.UNHEALTHY
    if now != before:
        host.save(container, container.record.noted(health=now))
        host.tell(container, f"health_status: {now}")


async def _examined(host: Host, container: Container, check: Healthcheck) -> tuple[int, str]:
    """The check's exit code and output."""
    limit, heard = check.timeout or TIMEOUT, bytearray()
    config = ExecConfig(check.command, stdout=True, stderr=True)
    instance = execute.prepare(host, container, config, asked_as=container.id)
    try:
        await _perform(host, container, instance, heard, limit / SECOND)
    except TimeoutError:
        if container.shim is not None:
            container.shim.signal(_SIGKILL, instance.id)
        said = f": {_text(heard)}" if heard else ""
        return -1, f"Health check exceeded timeout ({_duration(limit)}){said}"
    except EngineError as error:
        return -1, str(error)
    finally:
        container.execs.pop(instance.id, None)
    assert instance.exit_code is not None
    return instance.exit_code, _text(heard)


async def _perform(
    host: Host, container: Container, instance: Exec, heard: bytearray, seconds: float
) -> None:
    """Return when it has ended and was heard. Raises TimeoutError, EngineError."""
    ours, theirs = socket.socketpair()
    with ours:
        wish = Wish(stdout=True, stderr=True)
        await execute.run(host, container, instance, Caller(theirs.detach(), b"", wish))
        reader, writer = await asyncio.open_connection(sock=ours.dup())
    listening = asyncio.create_task(_listen(reader, heard))
    try:
        async with asyncio.timeout(seconds):
            await instance.over.wait()
        await asyncio.wait((listening,), timeout=_LAST_OUTPUT_SECONDS)
    finally:
        listening.cancel()
        writer.close()


async def _listen(reader: asyncio.StreamReader, heard: bytearray) -> None:
    """Read frames of 8 bytes and content; more than is kept is read and forgotten."""
    try:
        while True:
            length = int.from_bytes((await reader.readexactly(8))[4:])
            while length > 0:
                part = await reader.read(min(length, 1 << 16))
                if not part:
                    return
                length -= len(part)
                heard += part[: max(MOST_OUTPUT + 1 - len(heard), 0)]
    except (asyncio.IncompleteReadError, ConnectionError):
        return


def _text(heard: bytearray) -> str:
    text = heard[:MOST_OUTPUT].decode(errors="replace")
    return text + _CUT if len(heard) > MOST_OUTPUT else text


def _duration(nanoseconds: int) -> str:
    """As Go writes it: 500ms, 1.5s, 1m30s."""
    seconds = nanoseconds / SECOND
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    tail = f"{rest:g}s"
    if hours:
        return f"{hours}h{minutes}m{tail}"
    return f"{minutes}m{tail}" if minutes else tail
