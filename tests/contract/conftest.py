"""Every contract is asked of Terrarium, and of Docker's own daemon where there is one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.contract import engines
from tests.contract.turns import is_due
from tests.contract.wire import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.engines import Engine


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the sessions that dockerd is not asked for today, and say how many."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        values = getattr(getattr(item, "callspec", None), "params", {})
        (kept if is_due(values.get("engine"), values.get("session")) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(scope="session")
def box_tar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same root filesystem for both."""
    return engines.busybox_tar(tmp_path_factory.mktemp("box") / "box.tar")


@pytest.fixture(scope="session", params=["dockerd", "terrarium"])
def engine(request: pytest.FixtureRequest, short_tmp: Path, box_tar: Path) -> Iterator[Engine]:
    """Docker's daemon goes first: it judges the tests before they judge us."""
    if shutil.which("docker") is None:
        pytest.skip("needs Docker's command line")
    if request.param == "dockerd" and not engines.reference_is_there():
        pytest.skip("no reference: python -m tests.contract.reference builds one")
    directory = short_tmp / request.param
    directory.mkdir()
    start = {"dockerd": engines.dockerd, "terrarium": engines.terrarium}[request.param]
    with start(directory, box_tar) as running:
        yield running


@pytest.fixture
def name(engine: Engine) -> Iterator[str]:
    """A free name; a container of that name is gone after the test."""
    yield "subject"
    engine.docker("rm", "-f", "subject")


SLEEP = {"Image": "box:1", "Cmd": ["sleep", "60"]}


@pytest.fixture
def created(engine: Engine, name: str) -> str:
    """The id of a container that waits for its start."""
    return str(ask(engine, "POST", f"/containers/create?name={name}", SLEEP)[2]["Id"])


@pytest.fixture
def sleeping(engine: Engine, name: str, created: str) -> str:
    """The id of a container that runs."""
    ask(engine, "POST", f"/containers/{name}/start")
    return created
