"""What the kernel says is there: the outside witness that tests compare before and after."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWNS = 0x00020000
ENGINES_TOP = re.compile(r"/terrarium-([0-9a-f]{8})(/|$)")


@dataclass(frozen=True, slots=True)
class Held:
    """What a process and its host hold at one moment."""

    descriptors: frozenset[tuple[int, str]]
    mounts: tuple[str, ...]
    cgroups: frozenset[str]
    loops: frozenset[str]


def held(engine: Path | None = None) -> Held:
    """Now: this process's descriptors and mounts, the host's cgroups and loop devices.

    Of engines only the containers of the one whose directory is given: another may serve meanwhile.
    """
    found: list[frozenset[str]] = []
    settled(lambda: _seen_at_rest(engine, found), within=10)
    mine = frozenset(path for path in found[-1] if not _of_another(path, engine))
    return Held(_descriptors(), _mounts(), mine, _loops_but_of_others(engine))


def leaks(before: Held, *, engine: Path | None = None, within: float = 5.0) -> list[str]:
    """What is there that was not, and what is gone; waits for the kernel's own late releases."""
    settled(lambda: not _differences(before, held(engine)), within=within)
    return _differences(before, held(engine))


def settled(condition: Callable[[], bool], *, within: float) -> bool:
    """Whether condition became true within so many seconds; a deadline, never a measurement."""
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def tops(key: str) -> list[Path]:
    """The directories terrarium-KEY, in every hierarchy; key may be a glob."""
    mounted = Path("/sys/fs/cgroup")
    return [*mounted.glob(f"terrarium-{key}"), *mounted.glob(f"*/terrarium-{key}")]


def cgroups() -> frozenset[str]:
    """Every engine's top directory, in every hierarchy, with what is below it.

    Without the groups of a spare, which is another one after each start.
    """
    spare = spares("*")
    # os.walk passes over what vanishes meanwhile.
    paths = [path for top in tops("*") for path, _, _ in os.walk(top)]
    return frozenset(path for path in paths if not any(f"/{one}/" in f"{path}/" for one in spare))


def spares(key: str) -> set[str]:
    """The groups terrarium-KEY/NAME in which a spare's processes wait for a container."""
    return {name for name in _containers(key) if "terrarium-berth" in _tenants(name)}


def _containers(key: str) -> set[str]:
    return {"/".join(path.parts[-2:]) for top in tops(key) for path in top.glob("*/")}


def _seen_at_rest(engine: Path | None, found: list[frozenset[str]]) -> bool:
    """Append what is there; whether nothing of the engine was being made or taken away meanwhile.

    Groups without a process, or with a shim's child that has not taken its own name yet, are a
    spare's that is being made, or a container's that is going.
    """
    before = _containers(key_of(engine))
    found.append(cgroups())
    return before == _containers(key_of(engine)) and all(map(_inhabited, before))


def _inhabited(name: str) -> bool:
    tenants = _tenants(name)
    return bool(tenants) and "terrarium-shim" not in tenants


def _tenants(name: str) -> set[str]:
    """What the processes in a container's groups are called."""
    found = set()
    for top in [*Path("/sys/fs/cgroup").glob(name), *Path("/sys/fs/cgroup").glob(f"*/{name}")]:
        for path, _, _ in os.walk(top):  # It passes over what vanishes meanwhile.
            members = _read(Path(path, "cgroup.procs")).split()
            found |= {_read(Path(f"/proc/{pid}/comm")) for pid in members}
    return found


def loops() -> frozenset[str]:
    """Every attached loop device with the file behind it."""
    files = Path("/sys/block").glob("loop*/loop/backing_file")
    return frozenset(f"{file.parts[3]} {text}" for file in files if (text := _read(file)))


def may_unshare() -> bool:
    """Whether this process may make a mount namespace: tried in a child, asked of nobody."""
    child = os.fork()
    if child == 0:
        os._exit(0 if ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def key_of(engine: Path | None) -> str:
    """What the control groups of the engine of this directory have in their name."""
    return hashlib.sha256(str(engine.resolve()).encode()).hexdigest()[:8] if engine else ""


def _of_another(group: str, engine: Path | None) -> bool:
    found = ENGINES_TOP.search(group)
    # The directory above its containers' is an engine's own, as long as there is that engine.
    return found is not None and (found[1] != key_of(engine) or not found[2])


def _loops_but_of_others(engine: Path | None) -> frozenset[str]:
    own = str(engine.parent.resolve()) if engine else "no engine"
    return frozenset(loop for loop in loops() if "/disk.img" not in loop or own in loop)


def _differences(before: Held, after: Held) -> list[str]:
    return [
        f"{word} {kind[:-1]}: {item}"
        for kind in ("descriptors", "mounts", "cgroups", "loops")
        for word, items in (
            ("new", set(getattr(after, kind)) - set(getattr(before, kind))),
            ("gone", set(getattr(before, kind)) - set(getattr(after, kind))),
        )
        for item in sorted(items)
    ] + ([] if len(before.mounts) == len(after.mounts) else ["a mount is there twice"])


def _descriptors() -> frozenset[tuple[int, str]]:
    # By number and target: a set of targets would miss a second /dev/null.
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add((int(name), os.readlink(f"/proc/self/fd/{name}")))
        except OSError:
            continue  # The descriptor of this very listing.
    return frozenset(found)


def _mounts() -> tuple[str, ...]:
    return tuple(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""  # Detached in between.
