"""What one control group and everything below it have used, in words that fit every version."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Io:
    """So much of one kind of transfer with one block device."""

    major: int
    minor: int
    deed: str  # "read", "write", and on version 1 more; letters as the kernel has them.
    value: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Times are nanoseconds. Empty and 0: nothing, or no hierarchy of this host can tell."""

    cpu_total: int = 0
    cpu_user: int = 0
    cpu_kernel: int = 0
    cpu_each: tuple[int, ...] = ()  # By CPU; version 1 only.
    periods: int = 0
    throttled: int = 0
    throttled_time: int = 0
    memory: int = 0  # bytes
    memory_peak: int = 0
    memory_details: dict[str, int] = field(default_factory=dict)  # The kernel's own names.
    io_bytes: tuple[Io, ...] | None = None  # None: no hierarchy tells.
    io_count: tuple[Io, ...] | None = None
