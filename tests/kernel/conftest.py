"""An engine, a lab to attack from, and a neighbour that must not notice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.labs import Engine, Lab, remains
from tests.running import Running
from tests.witness import settled


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One engine for all attacks, so that what one leaves behind hurts the next."""
    with Running() as running:
        made = Engine(running)
        yield made
        made.close()


@pytest.fixture(scope="session")
def neighbour(engine: Engine) -> Iterator[Lab]:
    """A lab beside the attacked one."""
    lab = engine.lab()
    yield lab
    lab.remove()


@pytest.fixture
def make_lab(engine: Engine, neighbour: Lab) -> Iterator[Callable[..., Lab]]:
    """Makes labs. Afterwards the neighbour answers, and nothing of the labs is left on the host."""
    before = remains(engine)
    made: list[Lab] = []

    def make(**wanted: Any) -> Lab:
        made.append(engine.lab(**wanted))
        return made[-1]

    yield make
    with ThreadPoolExecutor(1) as asking:
        assert asking.submit(neighbour.sh, "exec true").result(timeout=10).code == 0
    for lab in made:
        lab.remove()
    settled(lambda: remains(engine) == before, within=10)
    assert remains(engine) == before


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """A small lab of the plain profile."""
    return make_lab()


@pytest.fixture(scope="session")
def host_address() -> str:
    """An address of this host that is not loopback."""
    shown = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout
    return shown.split()[0] if shown.split() else "127.0.0.1"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file of the host that no lab may read or change."""
    path = tmp_path / "canary"
    path.write_text("of the host\n")
    return path
