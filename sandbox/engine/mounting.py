"""Which mounts a new container has: Docker's order of precedence, and what it does on the way.

Volumes are made and filled before the container is recorded; until then they are held, so that no
removal comes in between.
"""

from __future__ import annotations

import asyncio
import logging
import os
import posixpath
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import seed, trees, volumes
from sandbox.engine.clock import rfc3339
from sandbox.engine.errors import (
    BadParameter,
    DuplicateMount,
    NoSuchContainer,
    NoSuchVolume,
    StartFailed,
    VolumeInUse,
)
from sandbox.engine.mountpoints import Kind, MountPoint

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.image.store import Image

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MountWishes:
    """What the creator asked for, parsed; later ones win over earlier ones."""

    volumes_from: tuple[tuple[str, bool], ...] = ()  # container, read and write
    binds: tuple[MountPoint, ...] = ()
    mounts: tuple[MountPoint, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # Of new named volumes.
    driver: str = ""  # Of volumes; only "local" is there.


@dataclass(frozen=True, slots=True)
class Mounts:
    """A new container's mounts, decided; and the volumes to make and fill for it."""

    points: tuple[MountPoint, ...]

    @property
    def volumes(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(point.name for point in self.points if point.name)


def decided(host: Host, wishes: MountWishes, anonymous: tuple[str, ...]) -> Mounts:
    """Raises BadParameter, NoSuchContainer, NoSuchDriver; nothing is made yet."""
    points: dict[str, MountPoint] = {}
    for name, writable in wishes.volumes_from:
        for point in _source(host, name).record.mounts:
            kept = replace(point, writable=point.writable and writable, copies=False)
            points[point.destination] = kept
    asked = (*wishes.binds, *wishes.mounts)
    _refuse_duplicates(asked, wishes.tmpfs)
    for point in asked:
        points[point.destination] = _named(host, point, wishes.driver)
    for destination in anonymous:
        if destination not in points:
            point = MountPoint(Kind.VOLUME, destination, copies=True, anonymous=True)
            points[destination] = _named(host, point, wishes.driver)
    return Mounts(tuple(points.values()))


def _source(host: Host, name: str) -> Container:
    try:
        return host.find(name)
    except NoSuchContainer as error:  # The creator's mistake: 404 would mean the image.
        raise BadParameter(str(error)) from None


def _refuse_duplicates(asked: tuple[MountPoint, ...], tmpfs: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for point in asked:
        # A --mount of another type wins over a --tmpfs, as Docker has it.
        over_tmpfs = point.destination in tmpfs and point.kind is Kind.BIND
        if point.destination in seen or over_tmpfs:
            raise DuplicateMount(point.destination)
        seen.add(point.destination)


async def give(host: Host, mounts: Mounts, labels: MountWishes, image: Image) -> None:
    """Make the volumes that are not there, and fill the empty ones. Precondition: they are held."""
    layers = host.images.layers(image)
    for point in mounts.points:
        if point.kind is not Kind.VOLUME:
            continue
        make(host, point.name, labels.labels.get(point.name), anonymous=point.anonymous)
        if point.copies:
            data = host.volumes.data(point.name)
            await asyncio.to_thread(seed.fill, data, layers, point.destination)


def make(
    host: Host, name: str, labels: Mapping[str, str] | None = None, *, anonymous: bool = False
) -> volumes.Volume:
    """The volume of that name; made, and told of, if it is not there."""
    try:
        return host.volumes.find(name)
    except NoSuchVolume:
        pass
    if anonymous:
        labels = {**(labels or {}), volumes.ANONYMOUS: ""}
    made = host.volumes.make(name, rfc3339(time.time_ns()), labels)
    host.journal.write("volume", "create", name, {"driver": volumes.DRIVER})
    return made


def made_up() -> str:
    """A name that nobody has."""
    return secrets.token_hex(32)


def users(host: Host, name: str) -> list[str]:
    """The containers that have the volume."""
    return [c.id for c in host.containers.values() if any(p.name == name for p in c.record.mounts)]


async def remove(host: Host, name: str) -> None:
    """Raises NoSuchVolume, VolumeInUse."""
    host.volumes.find(name)
    if found := users(host, name):
        raise VolumeInUse(name, found)
    if host.volumes.being_given(name):
        raise VolumeInUse(name, ("a container that is being made",))
    gone = host.volumes.put_away(name)
    for left in await asyncio.to_thread(trees.remove, gone):
        log.warning("volume %s: %s", name, left)
    host.journal.write("volume", "destroy", name, {"driver": volumes.DRIVER})


async def remove_anonymous(host: Host, points: tuple[MountPoint, ...]) -> None:
    """For `rm -v` and --rm: what nobody named and nobody else has. The record is gone already."""
    for point in points:
        if point.anonymous:
            try:
                await remove(host, point.name)
            except (NoSuchVolume, VolumeInUse):
                continue


def prepared(host: Host, container: Container) -> tuple[MountPoint, ...]:
    """The mounts for a start, from the root downwards; a -v source that is missing is made.

    Raises EngineError where a volume has gone, or the source cannot be made.
    """
    record = container.record
    tmpfs = record.host.tmpfs or {}
    points = [
        MountPoint(Kind.TMPFS, destination, options=options)
        for destination, options in tmpfs.items()
    ]
    for point in record.mounts:
        if point.destination in tmpfs:
            continue
        if point.kind is Kind.VOLUME:
            host.volumes.find(point.name)
            _check_part(point)
        elif point.made:
            _make_source(point.source)
        points.append(point)
    return tuple(sorted(points, key=lambda point: (point.depth, point.destination)))


def tell(host: Host, container: Container, action: str) -> None:
    """Docker's events mount and unmount of a container's volumes."""
    for point in container.record.mounts:
        if point.kind is not Kind.VOLUME:
            continue
        attributes = {"container": container.id, "driver": volumes.DRIVER}
        if action == "mount":
            attributes |= {"destination": point.destination, "propagation": point.propagation}
            attributes["read/write"] = str(point.writable).lower()
        host.journal.write("volume", action, point.name, attributes)


def _named(host: Host, point: MountPoint, driver: str) -> MountPoint:
    """A volume's mount with its name, made up if need be, and its directory."""
    if point.kind is not Kind.VOLUME:
        return point
    name = point.name or made_up()
    if point.name:
        volumes.check_name(name)
    volumes.check_driver(name, driver, {})
    return replace(point, name=name, source=str(host.volumes.data(name)))


def _check_part(point: MountPoint) -> None:
    """For Docker's words; the mount itself looks again, and cannot be led out."""
    path = posixpath.join(point.source, point.subpath)
    if point.subpath and not os.path.lexists(path):
        raise StartFailed(f"cannot access path {path}: lstat {path}: no such file or directory")


def _make_source(source: str) -> None:
    try:
        Path(source).mkdir(mode=0o755, parents=True, exist_ok=True)
    except FileExistsError:
        return  # A file: it is mounted as one.
    except OSError as error:
        text = os.strerror(error.errno or 0).lower()
        raise StartFailed(
            f"error while creating mount source path '{source}': mkdir {source}: {text}"
        ) from error
