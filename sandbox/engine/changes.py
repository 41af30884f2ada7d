"""`docker diff`: what a container's own layer adds to its image, changes in it, and takes away.

The layer belongs to somebody hostile who may go on writing: every step is taken from an open
directory, and no link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from sandbox.engine import ids
from sandbox.engine.create import find_image
from sandbox.engine.errors import NotOffered, Unanswerable
from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

MOST = 1_000_000
DEEPEST = 256
_OPAQUE = "trusted.overlay.opaque"
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Where the engine mounts something: made in the container's layer if the image has no such place.
_FURNITURE = frozenset(("/dev", "/proc", "/sys", "/etc", "/run"))
_MOUNTED_FILES = frozenset(("/etc/hosts", "/etc/hostname", "/etc/resolv.conf"))


class Kind(IntEnum):
    """Docker's numbers."""

    CHANGED = 0
    ADDED = 1
    REMOVED = 2


@dataclass(frozen=True, slots=True)
class Change:
    """One path of the container."""

    kind: Kind
    path: str


def changes(host: Host, container: Container) -> list[Change]:
    """By path. Blocks. Raises NotOffered for a lab, Unanswerable."""
    record = container.record
    if record.host.runtime == LAB_RUNTIME:
        raise NotOffered("a lab's files are on a disk of its own that only the lab has mounted")
    upper = host.store.directory_of(container.id) / "diff"
    layers = [str(layer) for layer in host.images.layers(find_image(host, record.image_id))]
    try:
        directory = os.open(upper, _OPEN)
    except FileNotFoundError:
        return []  # It was never started.
    comparison = _Comparison(ids.base(record.id_range), [], 0)
    below = _opened_layers(layers[::-1])
    try:
        comparison.directory(directory, below, "", 0)
    finally:
        for one in (directory, *below):
            os.close(one)
    return sorted(comparison.found, key=lambda change: change.path)


@dataclass(slots=True)
class _Comparison:
    base: int
    found: list[Change]
    seen: int

    def directory(self, upper: int, below: Sequence[int], path: str, depth: int) -> None:
        """below: the same directory in the layers that have it, the topmost first."""
        if depth > DEEPEST:
            raise Unanswerable(f"more than {DEEPEST} directories within each other: {path}")
        names = sorted(os.listdir(upper))
        self.seen += len(names)
        if self.seen > MOST:
            raise Unanswerable(f"more than {MOST} files were changed")
        for name in names:
            with suppress(FileNotFoundError):  # It went meanwhile.
                self._entry(upper, below, name, f"{path}/{name}", depth)
        if _opaque(upper):
            gone = {name for one in below for name, _ in _members(one)} - set(names)
            hidden = (name for name in gone if _lower(below, name) is not None)
            self.found += [Change(Kind.REMOVED, f"{path}/{name}") for name in hidden]

    def _entry(self, upper: int, below: Sequence[int], name: str, path: str, depth: int) -> None:
        now = os.stat(name, dir_fd=upper, follow_symlinks=False)
        before = _lower(below, name)
        if _whiteout(now):
            if before is not None:
                self.found.append(Change(Kind.REMOVED, path))
            return
        kept = len(self.found)
        if stat.S_ISDIR(now.st_mode):
            self._within(upper, below if before else (), name, path, depth)
        if before is None:
            if not (len(self.found) == kept and _furniture(path, now)):
                self.found.append(Change(Kind.ADDED, path))
        elif len(self.found) > kept or self._differs(before, now):
            self.found.append(Change(Kind.CHANGED, path))

    def _within(self, upper: int, below: Sequence[int], name: str, path: str, depth: int) -> None:
        try:
            inner = os.open(name, _OPEN, dir_fd=upper)
        except NotADirectoryError:
            return  # It became something else meanwhile.
        lower = _same_directory(below, name)
        try:
            self.directory(inner, lower, path, depth + 1)
        finally:
            for one in (inner, *lower):
                os.close(one)

    def _differs(self, before: os.stat_result, now: os.stat_result) -> bool:
        """As Docker compares: neither size nor time of a directory count."""
        owner = (now.st_uid - self.base, now.st_gid - self.base)
        if (before.st_mode, before.st_rdev) != (now.st_mode, now.st_rdev):
            return True
        if (before.st_uid, before.st_gid) != owner:
            return True
        if stat.S_ISDIR(now.st_mode):
            return False
        return (before.st_size, before.st_mtime_ns) != (now.st_size, now.st_mtime_ns)


def _opened_layers(paths: Sequence[str]) -> list[int]:
    return [os.open(path, _OPEN) for path in paths]


def _lower(below: Sequence[int], name: str) -> os.stat_result | None:
    """What the layers below show under that name; None where they show nothing."""
    for one in below:
        try:
            found = os.stat(name, dir_fd=one, follow_symlinks=False)
        except FileNotFoundError:
            if _opaque(one):
                return None
            continue
        return None if _whiteout(found) else found
    return None


def _same_directory(below: Sequence[int], name: str) -> list[int]:
    """The layers' directories of that name, down to the first that hides the others."""
    found: list[int] = []
    for one in below:
        try:
            found.append(os.open(name, _OPEN, dir_fd=one))
        except FileNotFoundError:
            if _opaque(one):
                break
        except OSError:
            break  # Not a directory, or a whiteout: whatever is below is hidden.
    return found


def _members(directory: int) -> Iterator[tuple[str, os.stat_result]]:
    for name in os.listdir(directory):
        yield name, os.stat(name, dir_fd=directory, follow_symlinks=False)


def _opaque(directory: int) -> bool:
    try:
        return os.getxattr(directory, _OPAQUE) == b"y"
    except OSError:
        return False


def _whiteout(found: os.stat_result) -> bool:
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == 0


def _furniture(path: str, now: os.stat_result) -> bool:
    """Whether the engine made it, and nobody has put anything there since."""
    if stat.S_ISDIR(now.st_mode):
        return path in _FURNITURE
    return path in _MOUNTED_FILES and now.st_size == 0
