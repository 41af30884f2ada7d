"""Engines that tests may kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.engine.own import OwnEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def own(short_tmp: Path, request: pytest.FixtureRequest) -> Iterator[OwnEngine]:
    """One engine for a module; a test that ends it starts it again."""
    place = short_tmp / request.module.__name__.rpartition(".")[2]
    place.mkdir()
    engine = OwnEngine(place)
    engine.start()
    yield engine
    engine.close()
