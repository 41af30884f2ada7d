"""Containers' records on disk: CONTAINERS/<id>/config.json, replaced by write and rename.

A record survives the engine's death at once. What must survive a power cut is which containers
there are, so a new record is synced too, a second later (create.py). States need no sync: after a
power cut the boot id says that everything has ended.

Writing costs: to replace a file, ext4 sends the new one's blocks on their way to the disk. So what
the next engine hears from a shim, or reads in its exit.json, is not written for it.

The rest of a container's directory belongs to its shim and its disk (see ARCHITECTURE.md).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from sandbox.engine.endpoint import Endpoint, Published
from sandbox.engine.mountpoints import from_record
from sandbox.engine.record import Config, HostConfig, Record, Status
from sandbox.engine.state import State
from sandbox.image.healthcheck import Healthcheck

log = logging.getLogger(__name__)
Value = TypeVar("Value")
_LISTS = {"mounts", "endpoints", "published"}


class BadRecord(ValueError):
    """A record that this version cannot read."""


class RecordStore:
    """All containers' records below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._discarded = directory.with_name("discarded")
        for one in (directory, self._discarded):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)

    def directory_of(self, identity: str) -> Path:
        """Where everything of one container lives."""
        return self.directory / identity

    def add(self, record: Record) -> None:
        """Make the directory with its record. Raises FileExistsError."""
        self.directory_of(record.id).mkdir(mode=0o700)
        self.write(record)

    def sync(self, record: Record) -> None:
        """Have the record on the disk itself. Blocks."""
        try:
            descriptor = os.open(self.directory_of(record.id) / "config.json", os.O_RDONLY)
        except FileNotFoundError:
            return  # Removed meanwhile.
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def write(self, record: Record) -> None:
        """Replace the record."""
        write_json(self.directory_of(record.id) / "config.json", record)

    def discard(self, identity: str) -> Path:
        """Take the container out in one step: where all that it kept now waits to be deleted."""
        waiting = self._discarded / identity
        self.directory_of(identity).rename(waiting)
        return waiting

    def load(self) -> tuple[list[Record], list[Path]]:
        """Every readable record, and the directories of what was never finished, or discarded."""
        records, halves = [], [*self._discarded.iterdir()]
        for directory in sorted(self.directory.iterdir()):
            try:
                records.append(_record(json.loads((directory / "config.json").read_bytes())))
            except FileNotFoundError:
                halves.append(directory)
            except (ValueError, KeyError, TypeError) as error:
                log.error("container %s: unreadable record: %s", directory.name, error)  # noqa: TRY400 - no fault of ours
        return records, halves


def write_json(file: Path, value: object) -> None:
    """Write and rename: a reader finds the old content or the new."""
    part = file.with_name(f".{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, json.dumps(value, default=_fields).encode())
    finally:
        os.close(descriptor)
    part.rename(file)


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON does not know
    """Of a dataclass; dataclasses.asdict copies everything below it as well."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _record(content: Mapping[str, Any]) -> Record:
    parts = dict(content)
    status = dict(parts.pop("status"))
    status["state"] = State(status["state"])
    host = dict(parts.pop("host"))
    host["log_options"] = tuple((name, value) for name, value in host["log_options"])
    return Record(
        **_known(Record, parts, {"config", "host", "status", *_LISTS}),
        config=_config(parts.pop("config")),
        host=HostConfig(**_tuples(_known(HostConfig, host))),
        status=Status(**_known(Status, status)),
        mounts=tuple(from_record(said) for said in parts.pop("mounts", ())),
        endpoints=tuple(Endpoint(**_tuples(said)) for said in parts.pop("endpoints", ())),
        published=tuple(Published(**said) for said in parts.pop("published", ())),
    )


def _config(content: Mapping[str, Any]) -> Config:
    check = content.get("healthcheck")
    return Config(
        **_tuples(_known(Config, content, {"healthcheck"})),
        healthcheck=Healthcheck(**_tuples(check)) if check else None,
    )


def _known(kind: type, content: Mapping[str, Any], other: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]  # empty
    names = {field.name for field in fields(kind)} - other
    return {name: value for name, value in content.items() if name in names}


def _tuples(content: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
