"""A stage for each test, after which the host is as it was."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.engine.launch import Launcher
from tests.kernel.runtime.stage import Stage, busybox_layer, gone
from tests.witness import settled


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return busybox_layer(tmp_path_factory.mktemp("layer"))


@pytest.fixture
async def stage(layer: Path, short_tmp: Path) -> AsyncIterator[Stage]:
    place = short_tmp / "stage"
    place.mkdir()
    key = secrets.token_hex(4)
    made = Stage(place, layer, Launcher(f"terrarium-{key}", place / "berth"), key)
    await made.launcher.start()
    yield made
    await made.close()
    assert [shim for shim in made.shims if not gone(shim)] == []
    settled(lambda: made.remains() == [], within=10)
    assert made.remains() == []
    shutil.rmtree(place)
