"""How much a container has written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host


def written(host: Host, container: Container) -> int:
    """Bytes of the files above its image, each once; blocks. 0 of a lab: its disk is its own."""
    directory = host.store.directory_of(container.id) / "diff"
    if container.record.host.runtime == LAB_RUNTIME or not directory.exists():
        return 0  # The directory is made by the first start.
    return _files(os.fspath(directory))


def _files(directory: str) -> int:
    """By descriptors, because the container may exchange directories for links meanwhile."""
    sizes: dict[int, int] = {}
    for _, _, names, descriptor in os.fwalk(directory):
        for name in names:
            try:
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue  # It writes on while we count.
            sizes[found.st_ino] = found.st_size
    return sum(sizes.values())
