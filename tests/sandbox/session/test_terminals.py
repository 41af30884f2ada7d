"""Terminals: a name is one shell, for every browser that comes back."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from sandbox.dockerapi.wire import EngineRefused
from sandbox.session import leases, terminals
from sandbox.session.lab import LabSpec

pytestmark = pytest.mark.django_db(transaction=True)


async def shell(lease, name="main", **how):
    reader, writer = await terminals.open_stream(lease, name, **how)
    said = await reader.read()
    writer.close()
    return said


@pytest.fixture
def lease(engine, mei):
    return leases.acquire(mei, LabSpec("u02-1"))


async def test_coming_back_finds_the_same_shell(engine, lease):
    assert await shell(lease) == await shell(lease)
    (made,) = engine.execs.values()
    assert made["Cmd"] == ["/bin/bash", "-l"]
    assert made["Tty"] is True


async def test_a_second_terminal_is_another_shell_in_the_same_lab(engine, lease):
    assert await shell(lease, "main") != await shell(lease, "second")


async def test_a_fresh_shell_takes_the_name_over(engine, lease):
    first = await shell(lease)
    fresh = await shell(lease, fresh=True)
    assert fresh != first
    assert await shell(lease) == fresh


async def test_a_shell_that_the_engine_forgot_is_started_anew(engine, lease):
    await shell(lease)
    engine.execs.clear()
    engine.execs["f" * 64] = {}
    assert b"hello" in await shell(lease)


async def test_a_name_that_no_lab_has_is_refused(lease):
    with pytest.raises(terminals.NoSuchTerminal):
        await terminals.open_stream(lease, "../main")


async def test_a_lab_that_is_gone_is_said_to_be_gone(engine, lease):
    await sync_to_async(engine.vanish)(lease.container)
    with pytest.raises(EngineRefused) as refused:
        await terminals.open_stream(lease, "main")
    assert refused.value.status == 404
