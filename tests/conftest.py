"""The gate before privileged tests, the watch over leaks, and the running parts tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import witness

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVILEGED = ("kernel", "contract", "journey")
TIERS = ["", *PRIVILEGED]
may_unshare = cache(witness.may_unshare)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys last: a browser's driver keeps a loop running in this thread, and descriptors."""
    items.sort(key=lambda item: TIERS.index(next(filter(item.get_closest_marker, PRIVILEGED), "")))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if any(item.get_closest_marker(name) for name in PRIVILEGED) and not may_unshare():
        reason = "needs CAP_SYS_ADMIN: unshare(CLONE_NEWNS) was refused"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and a skip in CI would be a false green")
        pytest.skip(reason)


@pytest.fixture
def no_leaks() -> Iterator[None]:
    """Descriptors, mounts, cgroups and loop devices are the same after the test as before it."""
    before = witness.held()
    yield
    assert witness.leaks(before) == []


@pytest.fixture(scope="session")
def short_tmp() -> Iterator[Path]:
    """A directory with a short name: the path of a Unix socket has 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="tt-", dir="/var/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
