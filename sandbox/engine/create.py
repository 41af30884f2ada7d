"""Making a container: everything is decided and recorded, nothing runs."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.engine import inits, mounting, names, networking, profiles, sharing
from sandbox.engine.clock import rfc3339
from sandbox.engine.container import Container
from sandbox.engine.endpoint import Endpoint
from sandbox.engine.errors import BadParameter, NameTaken, NoSuchImage, NotOffered
from sandbox.engine.mounting import Mounts, MountWishes
from sandbox.engine.network import NONE
from sandbox.engine.record import LAB_RUNTIME, Config, HostConfig, Record
from sandbox.image.reference import BadReference, familiar
from sandbox.image.store import ImageAbsent

if TYPE_CHECKING:
    from sandbox.engine.host import Host
    from sandbox.image.config import Defaults
    from sandbox.image.healthcheck import Healthcheck
    from sandbox.image.store import Image

_SYNC_AFTER = 1.0  # seconds
_LEAST_MEMORY = 6 << 20
_LAB_MEMORY = 512 << 20
_LAB_PIDS = 256
_LAB_NANO_CPUS = 1_000_000_000
_LAB_DISK = 1 << 30
_LEAST_DISK = 32 << 20
_LAB_NETWORKS = ("default", NONE)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the creator asked for that other records have a say in."""

    mounts: MountWishes = field(default_factory=MountWishes)
    networks: tuple[Endpoint, ...] = ()


async def create(
    host: Host, config: Config, limits: HostConfig, wishes: Wishes, name: str = ""
) -> Container:
    """Record a new container, after its volumes.

    Raises NoSuchImage, NameTaken, BadParameter, NotOffered, NoRoom, and what decided() does.
    """
    identity = secrets.token_hex(32)
    _free_name(host, name, identity)
    image = find_image(host, config.image)
    merged = _merged(config, image.config.defaults, identity)
    settled = _settled(limits, merged)
    settled = replace(settled, pid_mode=sharing.settled(host, settled.pid_mode))
    if settled.init and not host.init:
        raise NotOffered(inits.MISSING)
    mounts = _mounts(host, wishes.mounts, merged, settled)
    draft = Record(
        id=identity,
        name=name,
        created=rfc3339(time.time_ns()),
        image_id=image.id,
        config=merged,
        host=settled,
        id_range=-1,
        mounts=mounts.points,
        endpoints=_endpoints(host, wishes, settled),
    )
    if not mounts.points:
        return _recorded(host, draft)
    with host.volumes.held(mounts.volumes):
        await mounting.give(host, mounts, wishes.mounts, image)
        return _recorded(host, draft)


def _endpoints(host: Host, wishes: Wishes, settled: HostConfig) -> tuple[Endpoint, ...]:
    if settled.runtime == LAB_RUNTIME:
        asked = (settled.bindings, settled.publish_all, settled.dns, settled.extra_hosts)
        if settled.network_mode not in _LAB_NETWORKS or any(asked):
            raise BadParameter("a lab has no network but its loopback")
        return ()
    return tuple(
        replace(one, network=networking.canonical(host, one.network)) for one in wishes.networks
    )


def _mounts(host: Host, wishes: MountWishes, config: Config, settled: HostConfig) -> Mounts:
    if settled.runtime != LAB_RUNTIME:
        return mounting.decided(host, wishes, config.volumes)
    if wishes != MountWishes():
        raise BadParameter("a lab has its own disk, and nothing else is mounted in it")
    return Mounts(())


def _free_name(host: Host, name: str, identity: str) -> str:
    chosen = names.checked(name) if name else names.made_up(host.names(), identity)
    if holder := host.names().get(chosen):
        raise NameTaken(chosen, holder)
    return chosen


def _recorded(host: Host, draft: Record) -> Container:
    """The container with a name, which somebody may have taken meanwhile, and its ids."""
    directory = host.store.directory_of(draft.id)
    chosen = _free_name(host, draft.name, draft.id)
    record = replace(draft, name=chosen, id_range=host.ranges.lease(directory))
    try:
        host.store.add(record)
    except OSError:
        host.ranges.release(record.id_range, directory)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    container = host.containers[record.id] = Container(record)
    host.in_background(_sync_later(host, record), f"sync {record.id[:12]}")
    host.tell(container, "create")
    return container


async def _sync_later(host: Host, record: Record) -> None:
    """What lives less than this is not worth a sync, which costs as much as half a start."""
    await asyncio.sleep(_SYNC_AFTER)
    await asyncio.to_thread(host.store.sync, record)


def find_image(host: Host, name: str) -> Image:
    """The image. Raises NoSuchImage, BadParameter."""
    try:
        return host.images.find(name)
    except ImageAbsent:
        raise NoSuchImage(_named(name)) from None
    except BadReference as error:
        raise BadParameter(str(error)) from None


def _named(name: str) -> str:
    if name.startswith("sha256:"):
        return name
    try:
        return familiar(name)
    except BadReference:
        return name


def _merged(config: Config, image: Defaults, identity: str) -> Config:
    """The image's defaults under the creator's wishes, as Docker merges them."""
    if not config.entrypoint:
        cmd = config.cmd or image.args
        entrypoint = image.entrypoint
    else:  # One's own entrypoint drops the image's Cmd too; [""] drops the image's entrypoint.
        cmd = config.cmd
        entrypoint = () if config.entrypoint == ("",) else config.entrypoint
    merged = replace(
        config,
        cmd=cmd,
        entrypoint=entrypoint,
        env=_environment(config.env, image.env),
        labels={**image.labels, **(config.labels or {})},
        hostname=config.hostname or identity[:12],
        user=config.user or image.user,
        cwd=config.cwd or image.cwd,
        stop_signal=config.stop_signal or image.stop_signal,
        healthcheck=_healthcheck(config.healthcheck, image.healthcheck),
        exposed=tuple(dict.fromkeys((*config.exposed, *image.ports))),
        volumes=tuple(dict.fromkeys((*config.volumes, *image.volumes))),
    )
    if not merged.args:
        raise BadParameter("no command specified")
    return merged


def _healthcheck(own: Healthcheck | None, images: Healthcheck | None) -> Healthcheck | None:
    return own.over(images) if own else images


def _environment(own: tuple[str, ...], images: tuple[str, ...]) -> tuple[str, ...]:
    named = {line.partition("=")[0] for line in own}
    return own + tuple(line for line in images if line.partition("=")[0] not in named)


def _settled(limits: HostConfig, config: Config) -> HostConfig:
    check_memory(limits.memory)
    processors = os.cpu_count() or 1
    if not 0 <= limits.nano_cpus <= processors * 1_000_000_000:
        raise BadParameter(
            f"Range of CPUs is from 0.01 to {processors}.00, as there are only "
            f"{processors} CPUs available"
        )
    if limits.runtime != LAB_RUNTIME:
        return limits
    if limits.pid_mode or limits.uts_mode:
        raise BadParameter("a lab shares neither processes nor a name with anybody")
    profiles.profile((config.labels or {}).get(profiles.LABEL, "plain"))
    if limits.disk and limits.disk < _LEAST_DISK:
        raise BadParameter("Minimum storage size of a lab is 32MB")
    return replace(
        limits,
        memory=limits.memory or _LAB_MEMORY,
        nano_cpus=limits.nano_cpus or _LAB_NANO_CPUS,
        pids_limit=limits.pids_limit if limits.pids_limit > 0 else _LAB_PIDS,
        disk=limits.disk or _LAB_DISK,
    )


def check_memory(limit: int) -> None:
    """Raises BadParameter with dockerd's text; 0 is no limit."""
    if 0 < limit < _LEAST_MEMORY or limit < 0:
        raise BadParameter("Minimum memory limit allowed is 6MB")
