"""Filling an empty volume with what the image has at its place, owners and modes included.

The image is hostile: its path is resolved within its own root, and nothing in it is followed. The
copy becomes the volume in one rename, so that a killed engine leaves an empty volume or a full one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.engine import trees
from sandbox.engine.errors import BadParameter
from sandbox.kernel.mount import FSCONFIG, MOUNT_ATTR, fsconfig, fsmount, fsopen
from sandbox.kernel.openat2 import RESOLVE, openat2

_CHUNK = 1 << 20
_LONGEST_VALUE = 256  # bytes of an fsconfig(2) string


def fill(data: Path, layers: Sequence[Path], path: str) -> None:
    """Copy the image's path to data, if data is empty and the image has it; blocks.

    layers: lowest first. Raises BadParameter where the image has a file there.
    """
    if any(data.iterdir()):
        return
    with _root(layers) as root:
        try:
            found = openat2(root, path, os.O_PATH, resolve=RESOLVE.IN_ROOT)
        except (FileNotFoundError, NotADirectoryError):
            return
        try:
            if not stat.S_ISDIR(os.fstat(found).st_mode):
                raise BadParameter(f"source {path} is not directory")
            source = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_DIRECTORY)
        finally:
            os.close(found)
        try:
            _replace(data, source)
        finally:
            os.close(source)


def _replace(data: Path, source: int) -> None:
    new = data.with_name("_data.new")
    trees.remove(new)
    new.mkdir()
    there = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _copy_directory(source, there)
    finally:
        os.close(there)
    new.rename(data)


@contextmanager
def _root(layers: Sequence[Path]) -> Iterator[int]:
    """The image's root, read-only and attached nowhere: it goes with the descriptor."""
    opened = [os.open(layer, os.O_RDONLY | os.O_DIRECTORY) for layer in layers]
    try:
        root = opened.pop() if len(opened) == 1 else _overlay(opened)
    finally:
        for layer in opened:
            os.close(layer)
    try:
        yield root
    finally:
        os.close(root)


def _overlay(layers: Sequence[int]) -> int:
    lowers = [f"/proc/self/fd/{layer}" for layer in reversed(layers)]
    overlay = fsopen("overlay")
    try:
        if len(joined := ":".join(lowers)) < _LONGEST_VALUE:
            fsconfig(overlay, FSCONFIG.SET_STRING, "lowerdir", joined)
        else:  # Linux 6.7
            for lower in lowers:
                fsconfig(overlay, FSCONFIG.SET_STRING, "lowerdir+", lower)
        fsconfig(overlay, FSCONFIG.CMD_CREATE)
        return fsmount(overlay, attr_flags=MOUNT_ATTR.RDONLY | MOUNT_ATTR.NODEV)
    finally:
        os.close(overlay)


def _copy_directory(source: int, target: int, depth: int = 0) -> None:
    if depth > trees.DEEPEST:
        raise BadParameter(f"the image has more than {trees.DEEPEST} directories within each other")
    for name in os.listdir(source):
        info = os.stat(name, dir_fd=source, follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            os.mkdir(name, 0o700, dir_fd=target)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            below, there = os.open(name, flags, dir_fd=source), os.open(name, flags, dir_fd=target)
            try:
                _copy_directory(below, there, depth + 1)
            finally:
                os.close(below)
                os.close(there)
        else:
            _copy_other(name, info, source, target)
    info = os.fstat(source)
    _copy_attributes(source, target)
    os.fchown(target, info.st_uid, info.st_gid)
    os.fchmod(target, stat.S_IMODE(info.st_mode))
    os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))


def _copy_other(name: str, info: os.stat_result, source: int, target: int) -> None:
    if stat.S_ISLNK(info.st_mode):
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        os.chown(name, info.st_uid, info.st_gid, dir_fd=target, follow_symlinks=False)
    elif stat.S_ISREG(info.st_mode):
        _copy_file(name, info, source, target)
    elif stat.S_ISFIFO(info.st_mode):
        os.mkfifo(name, stat.S_IMODE(info.st_mode), dir_fd=target)
        os.chown(name, info.st_uid, info.st_gid, dir_fd=target, follow_symlinks=False)
    # Sockets are dead without their listener, and a device is never taken from an image.


def _copy_file(name: str, info: os.stat_result, source: int, target: int) -> None:
    old = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        new = os.open(name, flags, 0o600, dir_fd=target)
        try:
            while os.copy_file_range(old, new, _CHUNK):
                pass
            _copy_attributes(old, new)
            os.fchown(new, info.st_uid, info.st_gid)
            os.fchmod(new, stat.S_IMODE(info.st_mode))
            os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))
        finally:
            os.close(new)
    finally:
        os.close(old)


def _copy_attributes(source: int, target: int) -> None:
    """What an unpacked layer keeps: file capabilities and plain user attributes."""
    for name in os.listxattr(source):
        if name == "security.capability" or name.startswith("user."):
            with suppress(OSError):  # The file system below has none: as `docker cp` does.
                os.setxattr(target, name, os.getxattr(source, name))
