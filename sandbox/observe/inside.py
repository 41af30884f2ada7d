"""Work done inside other network and UTS namespaces, in a thread that lives only for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sandbox.kernel.namespaces import CLONE, setns

Found = TypeVar("Found")


def in_own_thread(work: Callable[[], Found]) -> Found:
    """What work answers or raises; the namespaces that it enters are left when the thread ends."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="observe") as errand:
        return errand.submit(work).result()


def in_each(doors: dict[int, int], kind: CLONE, read: Callable[[int], Found]) -> dict[int, Found]:
    """What read answers in each namespace (inode → descriptor); it is told the inode.

    Precondition: called within in_own_thread(); setns(2) moves the calling thread for good.
    """
    found = {}
    for inode, descriptor in doors.items():
        setns(descriptor, kind)
        found[inode] = read(inode)
    return found


def hostname() -> str:
    """The host name that the calling thread's UTS namespace has."""
    return os.uname().nodename
