"""A lease's container: made, set up, removed; the engine's refusals in a learner's words."""

from __future__ import annotations

import asyncio
import io
import logging
import tarfile
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from sandbox.dockerapi.client import Engine
from sandbox.dockerapi.wire import (
    Command,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    LabContainer,
    Limits,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.session.lab import LabSpec
    from sandbox.session.models import Lease

SETUP_SECONDS = 45.0
LABEL = "terrarium.lease"

log = logging.getLogger(__name__)


class NotBuilt(Exception):
    """The lab is not there and nothing of it is left: `reason` and `next_step` for the learner."""

    def __init__(self, reason: str, next_step: str, *, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.next_step = next_step
        self.detail = detail


class SetupFailed(EngineError):
    """The exercise's own preparation ended with an error."""


def engine() -> Engine:
    """The engine that this installation's labs run on."""
    return Engine(settings.TERRARIUM_ENGINE)


def build(lease: Lease, spec: LabSpec) -> str:
    """Create, start and set up the lease's container; its id. Raises NotBuilt."""
    try:
        return asyncio.run(_built(engine(), _container(lease, spec), spec))
    except (EngineError, TimeoutError) as error:
        log.warning("lab of lease %s was not built: %s", lease.pk, error)
        reason, next_step = _explained(error)
        raise NotBuilt(reason, next_step, detail=str(error)) from error


def remove(container: str) -> None:
    """Remove the container. When the engine is away, the reaper does it later."""
    try:
        asyncio.run(engine().remove(container))
    except EngineError as error:
        log.warning("container %s stays until the reaper comes: %s", container[:12], error)


async def _built(engine: Engine, container: LabContainer, spec: LabSpec) -> str:
    made = await engine.create(container)
    try:
        await engine.start(made)
        async with asyncio.timeout(SETUP_SECONDS):
            await _set_up(engine, made, spec)
    except (EngineError, TimeoutError) as error:
        try:
            await engine.remove(made)
        except EngineError as second:
            error.add_note(f"and its removal failed: {second}")
        raise
    return made


async def _set_up(engine: Engine, container: str, spec: LabSpec) -> None:
    if spec.files:
        unpack = Command(("tar", "-xf", "-", "-C", "/"), stdin=True)
        await _must_run(engine, container, unpack, _packed(spec.files))
    if spec.setup:
        script = Command(("/bin/bash", "-se"), stdin=True, directory="/root")
        await _must_run(engine, container, script, spec.setup.encode())


async def _must_run(engine: Engine, container: str, command: Command, stdin: bytes) -> None:
    ran = await engine.run(container, command, stdin=stdin)
    if ran.code != 0:
        said = ran.output.decode(errors="replace").strip()[-400:]
        raise SetupFailed(f"{command.argv[0]} ended with {ran.code}: {said}")


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _container(lease: Lease, spec: LabSpec) -> LabContainer:
    return LabContainer(
        image=settings.TERRARIUM_LAB_IMAGE,
        hostname=spec.hostname,
        profile=spec.profile,
        labels={LABEL: lease.pk, "terrarium.exercise": spec.exercise},
        env=spec.env,
        limits=Limits(
            memory=settings.TERRARIUM_LAB_MEMORY,
            pids=settings.TERRARIUM_LAB_PIDS,
            cpus=settings.TERRARIUM_LAB_CPUS,
            disk=settings.TERRARIUM_LAB_DISK,
        ),
    )


def _explained(error: Exception) -> tuple[str, str]:
    """What the learner is told, and what to do."""
    teacher = _("Press Start again; if it happens again, tell your teacher.")
    match error:
        case EngineUnreachable():
            reason = _("The engine that runs the labs does not answer.")
            return reason, _("It may be restarting: wait a moment, then press Start again.")
        case EngineRefused(status=status, message=message):
            return _refusal(status, message, teacher)
        case SetupFailed():
            return _("The lab started, but preparing this exercise in it failed."), teacher
        case _:
            return _("The lab took too long to start."), teacher


def _refusal(status: int, message: str, teacher: str) -> tuple[str, str]:
    match status:
        case HTTPStatus.SERVICE_UNAVAILABLE:
            reason = _("This server has no room for another lab: %(why)s") % {"why": message}
            return reason, _("Wait a few minutes for a lab to end, then press Start again.")
        case HTTPStatus.NOT_FOUND:
            reason = _("The labs' image is missing on this server.")
            return reason, _("Tell your teacher: running deploy/run again builds it.")
        case _:
            return _("The engine could not start the lab: %(why)s") % {"why": message}, teacher
