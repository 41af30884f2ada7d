"""--health-... of POST /containers/create, with dockerd's texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dockerapi.server.fields import mapping, number, strings
from sandbox.engine.errors import BadParameter
from sandbox.image.healthcheck import Healthcheck, parsed

_LEAST = 1_000_000  # nanoseconds
_DURATIONS = ("Interval", "Timeout", "StartPeriod", "StartInterval")


def healthcheck(body: Mapping[str, Any]) -> Healthcheck | None:
    """Raises BadParameter."""
    said = mapping(body, "Healthcheck")
    strings(said, "Test")
    for name in _DURATIONS:
        if number(said, name) != 0 and number(said, name) < _LEAST:
            raise BadParameter(f"{name} in Healthcheck cannot be less than 1ms")
    if number(said, "Retries") < 0:
        raise BadParameter("Retries in Healthcheck cannot be negative")
    return parsed(said) if said else None
