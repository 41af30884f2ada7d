"""An engine that lives again before labs are removed, whatever the test did to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.kernel.labs import Engine, Lab


@pytest.fixture
def lab(engine: Engine, make_lab: Callable[..., Lab]) -> Iterator[Lab]:
    """A small lab; a test that fails between kill and revival does not fail the others."""
    yield make_lab()
    if not engine.alive:
        engine.revive()
