"""From pressing Start to the first byte of the prompt over the WebSocket; alone, and 20 at once.

`python -m tests.bench prompt [--short]`. The peer is `runc run` of a login shell from the same root
on a pty: no web server, no lease, no disk, no limits, no user namespace.
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import tempfile
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from threading import Barrier
from typing import TYPE_CHECKING

from tests.bench.ours import Visitor
from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.ours import Guest

CLASS = 20


def run(*, short: bool) -> bool:
    """Print the table; whether every learner got a prompt."""
    rounds = 5 if short else 20
    with Running() as running:
        running.serve()
        alone = [alone_ms(running) for _ in range(rounds + 1)][1:]
        layer = next((running.here.state / "engine" / "image" / "layers").iterdir())
        bare = [] if shutil.which("runc") is None else runc_ms(layer, rounds)
        crowd = together(running)
    peer = median(bare) if bare else float("nan")
    print("Start to the first byte of the prompt: ms p50, p95, p50 as a ratio to runc with a shell")
    report("terrarium, one learner", alone, peer)
    report(f"terrarium, {CLASS} together", crowd, peer)
    if bare:
        report("runc run, shell on a pty", bare, peer)
    print(f"  {CLASS - len(crowd)} of {CLASS} got no prompt")
    return len(crowd) == CLASS


def alone_ms(running: Running) -> float:
    """One learner's wait; the lab is ended afterwards."""
    visitor = Visitor(running)
    took, guest = timed_start(visitor, lambda: None)
    visitor.end(guest)
    return took


def together(running: Running) -> list[float]:
    """Twenty learners who press Start at one moment."""
    visitors = [Visitor(running) for _ in range(CLASS)]
    ready = Barrier(CLASS)
    with ThreadPoolExecutor(CLASS) as learners:
        asked = [learners.submit(timed_start, visitor, ready.wait) for visitor in visitors]
        for reason in {why(error) for one in asked if (error := one.exception())}:
            print(f"  not started: {reason}")
        return [one.result()[0] for one in asked if one.exception() is None]


def why(error: BaseException) -> str:
    """In the site's own words, where it has answered."""
    return error.read().decode() if isinstance(error, urllib.error.HTTPError) else repr(error)


def timed_start(visitor: Visitor, ready: Callable[[], object]) -> tuple[float, Guest]:
    """(milliseconds, guest)"""
    ready()
    began = time.perf_counter()
    guest = visitor.start()
    terminal = guest.terminal()
    while not terminal.read():
        pass
    return (time.perf_counter() - began) * 1000, guest


def runc_ms(layer: Path, rounds: int) -> list[float]:
    """The same root's login shell by runc, until its first byte."""
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/var/tmp") as place:
        subprocess.run(["runc", "spec", "--bundle", place], check=True)
        file = Path(place) / "config.json"
        config = json.loads(file.read_text())
        config["process"]["args"] = ["/bin/bash", "-l"]
        config["root"] = {"path": str(layer), "readonly": True}
        file.write_text(json.dumps(config))
        return [first_byte_ms(place, f"prompt-{os.getpid()}-{turn}") for turn in range(rounds)]


def first_byte_ms(bundle: str, name: str) -> float:
    """Until runc's shell says something; then it is told to exit."""
    ours, theirs = pty.openpty()
    began = time.perf_counter()
    child = subprocess.Popen(
        ["runc", "run", "--bundle", bundle, name], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    assert os.read(ours, 1)
    took = (time.perf_counter() - began) * 1000
    os.write(ours, b"exit\n")
    child.wait(timeout=20)
    os.close(ours)
    return took


def report(name: str, times: list[float], peer: float) -> None:
    """One row."""
    worst = quantiles(times, n=20)[-1] if len(times) > 1 else float("nan")
    middle = median(times) if times else float("nan")
    print(f"  {name:<26} {middle:8.0f} {worst:8.0f} {middle / peer:8.2f}")
