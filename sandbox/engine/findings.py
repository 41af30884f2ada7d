"""What the checks of a container's health found."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

KEPT = 5  # Findings.


class Health(StrEnum):
    """Docker's words."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Finding:
    """Of one check; -1 where it did not come to an end by itself."""

    start: str  # RFC 3339
    end: str
    exit_code: int
    output: str


@dataclass(slots=True)
class Checkup:
    """What one engine remembers of a container's checks; the status itself is in the record."""

    streak: int = 0  # Failures since the last success.
    findings: deque[Finding] = field(default_factory=lambda: deque(maxlen=KEPT))
    task: asyncio.Task[None] | None = None
