"""A learner's own values: drawn once per attempt, and filled into texts, scripts and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from random import Random

from pydantic import JsonValue

from course.exercises.definition import Variable

PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?)\s*\}\}")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # Without those that look alike.

# Where the controllers of a lab stand, by host kind; cgroup v1 names the files differently.
CONTROL_GROUPS_V1 = {
    "cg.version": "1",
    "cg.memory": "/sys/fs/cgroup/memory",
    "cg.pids": "/sys/fs/cgroup/pids",
    "cg.cpu": "/sys/fs/cgroup/cpu",
    "cg.freezer": "/sys/fs/cgroup/unified",  # version 2's own, beside the controllers of version 1
    "cg.cpu_limit": "cpu.cfs_quota_us",
    "cg.memory_limit": "memory.limit_in_bytes",
    "cg.memory_usage": "memory.usage_in_bytes",
    "cg.memory_events": "memory.oom_control",
    "cg.procs": "cgroup.procs",
    "cg.pids_max": "pids.max",
}
CONTROL_GROUPS_V2 = {
    "cg.version": "2",
    "cg.memory": "/sys/fs/cgroup",
    "cg.pids": "/sys/fs/cgroup",
    "cg.cpu": "/sys/fs/cgroup",
    "cg.freezer": "/sys/fs/cgroup",
    "cg.cpu_limit": "cpu.max",
    "cg.memory_limit": "memory.max",
    "cg.memory_usage": "memory.current",
    "cg.memory_events": "memory.events",
    "cg.procs": "cgroup.procs",
    "cg.pids_max": "pids.max",
}


def roll(specs: Mapping[str, Variable], seed: str) -> dict[str, str]:
    """The values of one attempt; the same seed gives the same values on every machine."""
    drawn = {}
    for name, spec in specs.items():
        # A generator per name: adding a variable later does not change the others.
        generator = Random(sha256(f"{seed}/{name}".encode()).digest())  # noqa: S311  variety, not secrecy
        drawn[name] = _draw(spec, generator)
    return drawn


def _draw(spec: Variable, generator: Random) -> str:
    if spec.int_ is not None:
        return str(generator.randint(*spec.int_))
    if spec.token is not None:
        return "".join(generator.choice(LETTERS) for _ in range(spec.token))
    assert spec.choice is not None
    return generator.choice(spec.choice)


def control_group_names(version: int) -> dict[str, str]:
    """The `cg.*` values of a host whose memory controller is of cgroup version 1 or 2."""
    return CONTROL_GROUPS_V2 if version == 2 else CONTROL_GROUPS_V1  # noqa: PLR2004  the kernel's own number


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every known `{{name}}` replaced; unknown ones stay as they are written."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), text)


def fill_tree(tree: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """The same for every string of a parsed document, keys excepted."""
    match tree:
        case str():
            return fill(tree, values)
        case list():
            return [fill_tree(one, values) for one in tree]
        case dict():
            return {key: fill_tree(one, values) for key, one in tree.items()}
        case _:
            return tree


def places(tree: JsonValue) -> Iterator[str]:
    """Every name written as `{{name}}` in a text or a parsed document."""
    match tree:
        case str():
            yield from PLACE.findall(tree)
        case list():
            for one in tree:
                yield from places(one)
        case dict():
            for one in tree.values():
                yield from places(one)
        case _:
            return


def undefined(used: Iterable[str], *, defined: Iterable[str], bound: Iterable[str]) -> list[str]:
    """The used names that are neither variables, nor `cg.*`, nor a field of a bound `as` name."""
    known = {*defined, *CONTROL_GROUPS_V1}
    roots = {*bound, "init"}
    return sorted({name for name in used if name not in known and name.split(".")[0] not in roots})
