"""How much a container has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine import trees
from sandbox.engine.record import LAB_RUNTIME

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host


def written(host: Host, container: Container) -> int:
    """Bytes of the files above its image, each once; blocks. 0 of a lab: its disk is its own."""
    if container.record.host.runtime == LAB_RUNTIME:
        return 0
    return trees.size(host.store.directory_of(container.id) / "diff")
