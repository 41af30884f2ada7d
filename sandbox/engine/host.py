"""What one engine owns: its directories, images, launcher, id ranges, events and containers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine.courier import Courier
from sandbox.engine.errors import Ambiguous, NoSuchContainer
from sandbox.engine.events import Journal
from sandbox.engine.ports import Ports
from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.ids import IdRanges
    from sandbox.engine.launch import Launcher
    from sandbox.engine.naming import Resolver
    from sandbox.engine.network import NetworkStore
    from sandbox.engine.record import Record
    from sandbox.engine.store import RecordStore
    from sandbox.engine.volumes import VolumeStore
    from sandbox.image.store import ImageStore

log = logging.getLogger(__name__)
SHORT = 12
PORTERS = 16  # at once, each at most half a GiB; the next request waits.


@dataclass(frozen=True, slots=True)
class Paths:
    """Where an engine keeps what: state survives a reboot, run does not."""

    state: Path
    run: Path

    @property
    def containers(self) -> Path:
        """One directory for each container."""
        return self.state / "engine" / "containers"

    @property
    def stage(self) -> Path:
        """Where spare shims put together what every container has; empty for everybody else."""
        return self.run / "stage"

    @property
    def images(self) -> Path:
        """The image store."""
        return self.state / "engine" / "image"

    @property
    def volumes(self) -> Path:
        """The volumes' files."""
        return self.state / "engine" / "volumes"

    @property
    def networks(self) -> Path:
        """One file for each network."""
        return self.state / "engine" / "networks"

    @property
    def resolver(self) -> Path:
        """The resolver's socket."""
        return self.run / "names.sock"

    @property
    def shims(self) -> Path:
        """The shims' control sockets."""
        return self.run / "shims"

    @property
    def key(self) -> str:
        """Tells the cgroups of this engine from another one's."""
        real = (self.state / "engine").resolve()
        return hashlib.sha256(str(real).encode()).hexdigest()[:8]

    def shim(self, identity: str) -> Path:
        """The control socket of a container's shim."""
        return self.shims / f"{identity[:SHORT]}.sock"


@dataclass(slots=True, eq=False)
class Host:
    """The engine, as its verbs (create, start, stop, ...) take it."""

    paths: Paths
    store: RecordStore
    images: ImageStore
    ranges: IdRanges
    launcher: Launcher
    volumes: VolumeStore
    networks: NetworkStore
    resolver: Resolver
    init: str = ""  # The program for --init, "" where there is none.
    ports: Ports = field(default_factory=Ports)
    journal: Journal = field(default_factory=Journal)
    courier: Courier = field(default_factory=Courier)
    porters: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PORTERS))
    containers: dict[str, Container] = field(default_factory=dict)
    broken_facts: str = ""  # Which kernel facts do not hold here, and what enables them.
    labs_closed: bool = False  # Open to strangers, and a fact does not hold.
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _waited_for: set[asyncio.Task[None]] = field(default_factory=set)

    def find(self, name: str) -> Container:
        """The container by id, name or prefix of its id. Raises NoSuchContainer, Ambiguous."""
        if found := self.containers.get(name):
            return found
        wanted = name.removeprefix("/")
        for container in self.containers.values():
            if container.record.name == wanted:
                return container
        near = [c for identity, c in self.containers.items() if name and identity.startswith(name)]
        if len(near) > 1:
            raise Ambiguous(f"Multiple IDs found with provided prefix: {name}")
        if not near:
            raise NoSuchContainer(name)
        return near[0]

    def labs(self) -> set[str]:
        """The ids of all labs."""
        lab = LAB_RUNTIME
        return {c.id for c in self.containers.values() if c.record.host.runtime == lab}

    def names(self) -> dict[str, str]:
        """Every name, with the id of its container."""
        return {container.record.name: identity for identity, container in self.containers.items()}

    def save(self, container: Container, record: Record) -> None:
        """The record is the truth from now on: on disk first."""
        self.store.write(record)
        container.record = record

    def note(self, container: Container, record: Record) -> None:
        """The same for what needs no disk: the next engine learns it from the shim's words."""
        container.record = record

    def tell(self, container: Container, action: str, **attributes: str) -> None:
        """An event of a container, with the attributes that all of them carry."""
        record = container.record
        carried = {**(record.config.labels or {}), "image": record.config.image}
        carried["name"] = record.name
        self.journal.write("container", action, record.id, {**carried, **attributes})

    def in_background(
        self, work: Coroutine[None, None, None], name: str, *, to_its_end: bool = False
    ) -> asyncio.Task[None]:
        """Run it beside the requests; what it did not foresee is logged with a traceback."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        if to_its_end:
            self._waited_for.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Stop the background work. The containers go on."""
        await asyncio.gather(*self._waited_for, return_exceptions=True)
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.courier.close()
        self.resolver.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._waited_for.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed", task.get_name(), exc_info=error)
