"""An image's configuration: the Docker/OCI JSON that names its layers and its defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.image import healthcheck
from sandbox.image.healthcheck import Healthcheck


class BadImageConfig(ValueError):
    """Not an image configuration that we can run."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a container takes from its image when its creator says nothing."""

    args: tuple[str, ...]  # Cmd
    entrypoint: tuple[str, ...]
    env: tuple[str, ...]
    user: str
    cwd: str
    labels: dict[str, str]
    stop_signal: str
    healthcheck: Healthcheck | None = None
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()  # ExposedPorts: "80/tcp"


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """A parsed configuration; raw is what `docker inspect` shows."""

    created: str  # RFC 3339
    author: str
    architecture: str
    os: str
    layers: tuple[str, ...]  # diff ids, lowest first
    defaults: Defaults
    raw: dict[str, Any]


def parse(content: bytes) -> ImageConfig:
    """The configuration in content. Raises BadImageConfig."""
    try:
        raw = json.loads(content)
        settings = raw.get("config") or {}
        return ImageConfig(
            created=str(raw.get("created") or "1970-01-01T00:00:00Z"),
            author=str(raw.get("author") or ""),
            architecture=str(raw["architecture"]),
            os=str(raw["os"]),
            layers=tuple(str(layer) for layer in raw["rootfs"]["diff_ids"]),
            defaults=_defaults(settings),
            raw=raw,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadImageConfig(f"not an image configuration: {error!r}") from error


def _defaults(settings: dict[str, Any]) -> Defaults:
    return Defaults(
        args=tuple(settings.get("Cmd") or ()),
        entrypoint=tuple(settings.get("Entrypoint") or ()),
        env=tuple(settings.get("Env") or ()),
        user=str(settings.get("User") or ""),
        cwd=str(settings.get("WorkingDir") or ""),
        labels=dict(settings.get("Labels") or {}),
        stop_signal=str(settings.get("StopSignal") or ""),
        healthcheck=healthcheck.parsed(settings.get("Healthcheck")),
        volumes=tuple(settings.get("Volumes") or ()),
        ports=tuple(settings.get("ExposedPorts") or ()),
    )
