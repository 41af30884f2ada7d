"""The way into a container's network namespaces, for whoever makes requests from there."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from sandbox.kernel.cgroups.group import Group
from sandbox.observe.kept import kept_doors
from sandbox.observe.mounts import mounts_of
from sandbox.observe.procfs import link, namespace, pinned
from sandbox.observe.snapshot import Mount


def network_doors(group: Group, wanted: Collection[int], undo: ExitStack) -> dict[int, int]:
    """Inode → open descriptor of those network namespaces that are the container's own now.

    A process of it is in one, or a mount that a process of it sees keeps it; never the host's.
    """
    own = Path("/proc/self/ns/net").stat().st_ino
    missing = set(wanted) - {own}
    opened: dict[int, int] = {}
    tables: dict[int, tuple[Mount, ...]] = {}
    lodgers: dict[int, int] = {}
    for pid in group.processes():
        if not missing:
            return opened
        try:
            with pinned(pid) as directory:
                # Pinned before the members are read again: what is a member then held its pid.
                if namespace(directory, "net") in missing and pid in group.processes():
                    descriptor, inode = _open(directory)
                    undo.callback(os.close, descriptor)
                    if inode in missing:
                        opened[inode] = descriptor
                        missing.discard(inode)
                space = namespace(directory, "mnt")
                if space and space not in tables and link(directory, "root") == "/":
                    table = mounts_of(directory, space)
                    tables[space], lodgers[space] = (table.mounts if table else ()), pid
        except OSError:
            continue
    kept = kept_doors(tables, lodgers, opened, undo) if missing else {}
    return opened | {inode: door for inode, door in kept.items() if inode in missing}


def _open(directory: int) -> tuple[int, int]:
    descriptor = os.open("ns/net", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    return descriptor, os.fstat(descriptor).st_ino
