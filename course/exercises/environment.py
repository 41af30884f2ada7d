"""What the labs' host can do, as far as exercises depend on it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from course.exercises.definition import Exercise
from course.exercises.text import Text

MEMORY_V1 = Path("/sys/fs/cgroup/memory")
V1, V2 = 1, 2


def cgroup_version(features: Collection[str] = ()) -> int:
    """Which cgroup version carries the memory controller.

    A snapshot's features tell for the lab's host. Before there is one, this host is asked: by
    default the labs run on it, and the text is filled anew when the lab has started.
    """
    for version in (V1, V2):
        if f"cgroup.memory.v{version}" in features or f"cgroup.v{version}" in features:
            return version
    return V1 if MEMORY_V1.is_dir() else V2


def unmet(exercise: Exercise, features: Collection[str]) -> Text | None:
    """Why the exercise cannot be done on this host; None when it can."""
    missing = [name for name in exercise.requires if name not in features]
    if not missing:
        return None
    names = ", ".join(missing)
    return Text(zh=f"这台机器没有这项练习需要的 {names}", en=f"this machine lacks {names}")
