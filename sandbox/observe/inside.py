"""Work done inside another network or UTS namespace, in a thread that lives only for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sandbox.kernel.namespaces import CLONE, setns

Found = TypeVar("Found")


class _Visit(threading.Thread, Generic[Found]):
    """setns(2) moves the calling thread only; when the thread ends, the namespace is let go."""

    def __init__(self, descriptors: dict[int, int], kind: CLONE, read: Callable[[], Found]) -> None:
        super().__init__(name="observe")
        self._descriptors = descriptors
        self._kind = kind
        self._read = read
        self.found: dict[int, Found] = {}
        self.failure: OSError | None = None

    def run(self) -> None:
        try:
            for inode, descriptor in self._descriptors.items():
                setns(descriptor, self._kind)
                self.found[inode] = self._read()
        except OSError as failure:
            self.failure = failure


def in_each(
    descriptors: dict[int, int], kind: CLONE, read: Callable[[], Found]
) -> dict[int, Found]:
    """What read answers in each namespace (inode → descriptor); the calling thread stays put."""
    if not descriptors:
        return {}
    visit = _Visit(descriptors, kind, read)
    visit.start()
    visit.join()
    if visit.failure is not None:
        raise visit.failure
    return visit.found


def hostname() -> str:
    """The host name that the calling thread's UTS namespace has."""
    return os.uname().nodename
