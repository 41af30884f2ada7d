"""Network namespaces that no process is in, but a mount keeps, as `ip netns add` makes them.

mountinfo names them by inode. The way in is the mount point, a path in a hostile root: it is opened
O_PATH below that root first, and entered only when it is that very namespace.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path

from sandbox.kernel.openat2 import RESOLVE, openat2
from sandbox.kernel.statfs import fstatfs
from sandbox.observe.mounts import WAITING
from sandbox.observe.procfs import pinned
from sandbox.observe.residents import MAX_NAMESPACES
from sandbox.observe.snapshot import Mount

_NSFS = "nsfs"
_NSFS_MAGIC = 0x6E736673  # include/uapi/linux/magic.h
_NETWORK = re.compile(r"net:\[(\d+)\]")


def network_of(mount: Mount) -> int:
    """The inode of the network namespace that is mounted there, 0 for any other mount."""
    match = _NETWORK.fullmatch(mount.root) if mount.fstype == _NSFS else None
    return int(match[1]) if match else 0


def kept_doors(
    mounts: Mapping[int, tuple[Mount, ...]],
    lodgers: Mapping[int, int],
    known: Collection[int],
    undo: ExitStack,
) -> dict[int, int]:
    """Namespace inode → open descriptor, of those that mounts keep and that are not known yet.

    lodgers: a process of each mount namespace, with the namespace's own root. Never the observer's
    network.
    """
    own = Path("/proc/self/ns/net").stat().st_ino
    opened: dict[int, int] = {}
    for space, table in mounts.items():
        if any(mount.fstype.startswith(WAITING) for mount in table):
            continue
        for mount in table:
            inode = network_of(mount)
            if not inode or inode in opened or inode in known or inode == own:
                continue
            if len(opened) + len(known) >= MAX_NAMESPACES:
                return opened
            descriptor = _door(lodgers[space], mount.target, inode)
            if descriptor is not None:
                undo.callback(os.close, descriptor)
                opened[inode] = descriptor
    return opened


def _door(pid: int, target: str, inode: int) -> int | None:
    with ExitStack() as undo:
        try:
            directory = undo.enter_context(pinned(pid))
            root = os.open("root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
            undo.callback(os.close, root)
            resolve = RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS
            place = openat2(root, target, os.O_PATH, resolve=resolve)
            undo.callback(os.close, place)
            if fstatfs(place) != _NSFS_MAGIC or os.fstat(place).st_ino != inode:
                return None
            return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None  # Unmounted or covered meanwhile.
