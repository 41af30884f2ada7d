"""What is measured at a terminal, whoever serves it. Times are in milliseconds, sizes in bytes."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from tests.bench.sockets import RawTerminal

PROMPT = b"@@ "
FINISHED = b"END\r\n" + PROMPT
LINE = 40  # keys before the line is cleared
MIB = 1 << 20
_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Echo:
    """Times from a key to its echo."""

    times: tuple[float, ...]

    @property
    def p50(self) -> float:
        return median(self.times)

    @property
    def p95(self) -> float:
        return quantiles(self.times, n=20)[-1]


def ready(terminal: RawTerminal) -> RawTerminal:
    """The same plain prompt everywhere, and nothing in flight."""
    drain(terminal, quiet=0.3)
    # Quoted in two halves: the echo of this line is not the prompt.
    terminal.type(
        b"bind 'set enable-bracketed-paste off'; PS1='@''@ '; unset PROMPT_COMMAND HISTFILE\n"
    )
    until(terminal, PROMPT)
    drain(terminal, quiet=0.05)
    return terminal


def until(terminal: RawTerminal, marker: bytes) -> int:
    """Read to the marker; how many bytes came. Raises TimeoutError when it never comes."""
    tail, count = b"", 0
    while marker not in tail:
        data = terminal.read()
        count += len(data)
        tail = (tail + data)[-len(data) - len(marker) :]
    return count


def drain(terminal: RawTerminal, *, quiet: float) -> None:
    """Read until nothing has come for so many seconds."""
    while terminal.socket.waits(quiet):
        terminal.read()


def echo(terminal: RawTerminal, keys: int) -> Echo:
    """Type so many keys, one at a time, each after the echo of the one before."""
    times = []
    for number in range(keys):
        if number % LINE == 0:
            terminal.type(b"\x15")
            drain(terminal, quiet=0.03)
        began = time.perf_counter()
        terminal.type(b"x")
        while b"x" not in terminal.read():
            pass
        times.append((time.perf_counter() - began) * 1000)
    terminal.type(b"\x15")
    drain(terminal, quiet=0.03)
    return Echo(tuple(times))


def burst(terminal: RawTerminal, times: int) -> float:
    """Median time from a paste of 200 bytes to the last of its echo."""
    taken = []
    for _ in range(times):
        terminal.type(b"\x15")
        drain(terminal, quiet=0.03)
        began = time.perf_counter()
        terminal.type(b"y" * 199 + b"z")
        while b"z" not in terminal.read():
            pass
        taken.append((time.perf_counter() - began) * 1000)
    terminal.type(b"\x15")
    drain(terminal, quiet=0.05)
    return median(taken)


def throughput(terminal: RawTerminal, size: int) -> float:
    """MB/s of a program that writes as fast as it may, to a client that reads as fast as it can."""
    terminal.type(b"head -c %d /dev/zero; echo EN''D\n" % size)
    began = time.perf_counter()
    count = until(terminal, FINISHED)
    return count / (time.perf_counter() - began) / 1e6


def interrupted(terminal: RawTerminal, times: int) -> float:
    """Median time from Ctrl-C in the middle of `yes` to the prompt."""
    taken = []
    for _ in range(times):
        terminal.type(b"yes\n")
        _read_for(terminal, 0.2)
        began = time.perf_counter()
        terminal.type(b"\x03")
        until(terminal, PROMPT)
        taken.append((time.perf_counter() - began) * 1000)
        drain(terminal, quiet=0.05)
    return median(taken)


@dataclass(frozen=True, slots=True)
class Beside:
    """Keys at one terminal while another floods a client in a process of its own."""

    echo: Echo
    flood: float  # MB/s, meanwhile
    full: float  # MB/s, of the same flood before the first key


def beside(
    quiet: RawTerminal,
    flooded: Callable[[], RawTerminal],
    program: bytes,
    keys: int,
    seconds: float,
) -> Beside:
    ours, theirs = _fork.Pipe()
    flood = _fork.Process(target=_flood, args=(flooded, program, theirs))
    flood.start()
    began = _seen(ours)
    time.sleep(seconds)  # What is measured is what happens in this time.
    alone = _seen(ours)
    times = echo(quiet, keys)
    after = _seen(ours)
    ours.send("enough")
    flood.join()
    return Beside(times, _rate(alone, after), _rate(began, alone))


def _seen(flood: Connection) -> tuple[int, float]:
    flood.send("how much")
    seen: tuple[int, float] = flood.recv()
    return seen


def _rate(before: tuple[int, float], after: tuple[int, float]) -> float:
    return (after[0] - before[0]) / (after[1] - before[1]) / 1e6


def stalled(terminal: RawTerminal, pids: tuple[int, ...], seconds: float) -> tuple[int, bool]:
    """Growth of the servers while a client does not read, and whether it then missed nothing."""
    last = 3_000_000
    before = resident(pids)
    terminal.type(b"seq 1 %d; echo EN''D\n" % last)
    time.sleep(seconds)  # What is measured is what happens in this time.
    grown = resident(pids) - before
    shown = bytearray()
    while not shown.endswith(FINISHED):
        shown += terminal.read()
    lines = shown.partition(b"END")[0].split(b"\r\n")
    numbers = [int(line) for line in lines if line.isdigit()]
    return grown, numbers == list(range(1, last + 1))


def resident(pids: tuple[int, ...]) -> int:
    """What these processes together have written to memory of their own.

    Not all that is private: a page of a library is, while nobody else on the machine has it mapped.
    """
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Private_Dirty:"):
                total += int(line.split()[1]) * 1024
    return total


def _flood(opened: Callable[[], RawTerminal], program: bytes, control: Connection) -> None:
    terminal = ready(opened())
    terminal.type(program + b"\n")
    _read_for(terminal, 0.2)
    count = 0
    while True:
        count += len(terminal.read())
        if control.poll():
            if control.recv() == "enough":
                break
            control.send((count, time.perf_counter()))
    terminal.type(b"\x03")
    until(terminal, PROMPT)


def _read_for(terminal: RawTerminal, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        terminal.read()
