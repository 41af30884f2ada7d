"""Before the web process goes, every open socket is told to come back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sandbox.session import farewell

ROOT = Path(__file__).parents[3]


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


PROCESS = """
import asyncio, os, signal
from sandbox.session import farewell

async def main():
    gone = asyncio.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: (print("server stops"), gone.set()))
    farewell.listen()
    farewell.listen()

    async def leave():
        print("socket leaves")
        farewell.SOCKETS.depart("terminal")

    farewell.SOCKETS.arrive("terminal", leave)
    os.kill(os.getpid(), signal.SIGTERM)
    await gone.wait()

asyncio.run(main())
"""


def test_on_sigterm_the_sockets_leave_before_the_server_stops():
    ran = subprocess.run(
        [sys.executable, "-c", PROCESS],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ran.stdout.splitlines() == ["socket leaves", "server stops"], ran.stderr
