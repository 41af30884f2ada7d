"""Before the web process goes, every open socket is told to come back."""

from __future__ import annotations

from sandbox.session import farewell


async def test_everyone_is_asked_to_leave_and_waited_for():
    sockets, told = farewell.Sockets(), []

    def leaves(name):
        async def leave():
            told.append(name)
            sockets.depart(name)

        return leave

    for name in ("terminal", "checks"):
        sockets.arrive(name, leaves(name))
    await sockets.dismiss()
    assert told == ["terminal", "checks"]
    assert sockets.open == {}


async def test_one_that_breaks_while_leaving_does_not_keep_the_others(monkeypatch):
    monkeypatch.setattr(farewell, "PATIENCE_SECONDS", 0.01)
    sockets, told = farewell.Sockets(), []

    async def broken():
        raise ConnectionResetError

    async def leave():
        told.append("terminal")
        sockets.depart("terminal")

    sockets.arrive("broken", broken)
    sockets.arrive("terminal", leave)
    await sockets.dismiss()
    assert told == ["terminal"]


async def test_with_nobody_there_it_is_over_at_once():
    sockets = farewell.Sockets()
    await sockets.dismiss()
    assert sockets.leaving
