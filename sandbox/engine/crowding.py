"""Ends a lab that makes too many control groups.

Version 1 bounds their number nowhere, charges a third of their memory to nobody, and has 65,535
numbers for all memory groups of the host: one lab could keep every other one from starting.
"""

from __future__ import annotations

import asyncio
import logging
from itertools import islice
from typing import TYPE_CHECKING

from sandbox.engine import cgroups
from sandbox.engine.record import LAB_RUNTIME
from sandbox.engine.stop import force_end
from sandbox.kernel.cgroups import tree
from sandbox.kernel.cgroups.group import Group

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

log = logging.getLogger(__name__)
MOST_GROUPS = 200  # in one hierarchy
SECONDS = 1.0  # A learner makes ten thousand meanwhile; they go again in two seconds.
REASON = f"the lab made more than {MOST_GROUPS} control groups"


async def watch(host: Host) -> None:
    """Look at every running lab each second. Never returns."""
    while True:
        await asyncio.sleep(SECONDS)
        labs = [
            container
            for container in host.containers.values()
            if container.running and container.record.host.runtime == LAB_RUNTIME
        ]
        for container in await asyncio.to_thread(_crowded, host.paths.key, labs):
            log.warning("%s: %s", container.id[:12], REASON)
            container.end_reason = REASON
            host.in_background(force_end(host, container), f"end {container.id[:12]}")


def _crowded(key: str, labs: list[Container]) -> list[Container]:
    return [lab for lab in labs if crowded(cgroups.box_of(key, lab.record))]


def crowded(group: Group) -> bool:
    """Whether some hierarchy has more than MOST_GROUPS groups below this one."""
    return any(
        len(list(islice(tree.below(f"{one.mountpoint}/{group.name}"), MOST_GROUPS + 2)))
        > MOST_GROUPS + 1
        for one in group.hierarchies
        if one.delegable
    )
