"""--ulimit: Docker's names for the kernel's limits of a process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.engine.errors import BadParameter

NUMBERS = {
    "cpu": 0,
    "fsize": 1,
    "data": 2,
    "stack": 3,
    "core": 4,
    "rss": 5,
    "nproc": 6,
    "nofile": 7,
    "memlock": 8,
    "locks": 10,
    "sigpending": 11,
    "msgqueue": 12,
    "nice": 13,
    "rtprio": 14,
    "rttime": 15,
}


def check(said: Mapping[str, Any]) -> None:
    """Of one of Docker's {Name, Soft, Hard}. Raises BadParameter."""
    name, soft, hard = said.get("Name"), said.get("Soft"), said.get("Hard")
    if name not in NUMBERS:
        raise BadParameter(f"invalid ulimit type: {name}")
    if not isinstance(soft, int) or not isinstance(hard, int) or min(soft, hard) < -1:
        raise BadParameter(f"invalid ulimit {name}: Soft and Hard are numbers, -1 for unlimited")
    if hard != -1 and (soft > hard or soft == -1):
        raise BadParameter(
            f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
        )


def rlimit(said: Mapping[str, Any]) -> tuple[int, int, int]:
    """RLIMIT_*, soft and hard; -1 is none."""
    return NUMBERS[said["Name"]], said["Soft"], said["Hard"]
