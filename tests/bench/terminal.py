"""The terminal road against its floor and its peers, round by round on the same machine.

`python -m tests.bench terminal [--short]`. Every row is a ratio or a size with the target of
terminal.md beside it. Nothing is asserted of the clock; what is lost or doubled is a failure.
"""

from __future__ import annotations

import random
import re
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from tests.bench import measures, peers
from tests.bench.measures import MIB, ready
from tests.bench.ours import terrarium
from tests.bench.sockets import Closed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.measures import Beside, Echo
    from tests.bench.ours import Guest
    from tests.bench.peers import Server
    from tests.bench.sockets import RawTerminal, TerrariumTerminal

Result = TypeVar("Result")
PLACES = 30  # viewers of one terminal
ALONE = 1.0  # seconds of a flood with nobody typing
# Bytes as fast as a program can write them, and lines, which cost the kernel's terminal more.
FLOODS = (b"cat /dev/zero", b"yes")
OTHERS = (peers.floor, peers.terminado, peers.node_pty)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    keys: int
    bytes: int
    idle: int
    stall: float  # seconds
    cuts: int


SHORT = Size(rounds=2, keys=60, bytes=8 * MIB, idle=40, stall=1.0, cuts=60)
FULL = Size(rounds=5, keys=400, bytes=64 * MIB, idle=200, stall=5.0, cuts=1000)


def run(*, short: bool) -> bool:
    """Print the table; whether nothing was lost."""
    size = SHORT if short else FULL
    with ExitStack() as running:
        ours, guest = running.enter_context(terrarium())
        servers = [ours, *_there(running)]
        _speeds(servers, size)
        _ours_alone(ours, guest, size)
        return _nothing_lost(ours, guest, size)


def _there(running: ExitStack) -> list[Server]:
    """The peers that this machine can have."""
    found = []
    for peer in OTHERS:
        try:
            found.append(running.enter_context(peer()))
        except peers.NotHere as missing:
            _say(f"  (without {peer.__name__}: {missing})")
    return found


def _speeds(servers: Sequence[Server], size: Size) -> None:
    terminals = {server.name: ready(server.open()) for server in servers}
    echoes = _rounds(terminals, size.rounds, lambda one: measures.echo(one, size.keys))
    _say(
        "echo, one terminal: ms p50, p95, p50 as a ratio to the floor (target 2.0, ahead of peers)"
    )
    floor = _middle(echoes, "floor (C)", lambda echo: echo.p50)
    for name in terminals:
        p50, p95 = (_middle(echoes, name, of) for of in (lambda e: e.p50, lambda e: e.p95))
        _say(f"  {name:16} {p50:7.3f} {p95:7.3f}   {p50 / floor:5.2f}")
    _rates(terminals, size)
    for program in FLOODS:
        _beside(servers, terminals, program, size)
    pauses = _rounds(terminals, size.rounds, lambda one: measures.interrupted(one, 3))
    _say("Ctrl-C during yes to the prompt: ms p50 (target 10)")
    for name, taken in pauses.items():
        _say(f"  {name:16} {median(taken):7.2f}")


def _rates(terminals: dict[str, RawTerminal], size: Size) -> None:
    bursts = _rounds(terminals, size.rounds, lambda one: measures.burst(one, 10))
    rates = _rounds(terminals, size.rounds, lambda one: measures.throughput(one, size.bytes))
    floor = median(rates["floor (C)"])
    _say("paste of 200 bytes: ms p50; fast reader: MB/s, and as a ratio to the floor (target 0.8)")
    for name, rate in rates.items():
        pasted, middle = median(bursts[name]), median(rate)
        _say(f"  {name:16} {pasted:7.2f} {middle:7.1f}   {middle / floor:5.2f}")


def _beside(
    servers: Sequence[Server], terminals: dict[str, RawTerminal], program: bytes, size: Size
) -> None:
    found: dict[str, list[Beside]] = {server.name: [] for server in servers}
    for _ in range(size.rounds):
        for one in servers:
            typing = terminals[one.name], one.beside, program, 2 * size.keys, ALONE
            found[one.name].append(measures.beside(*typing))
    _say(f"echo beside `{program.decode()}` in the same lab: ms p50, p95 (target 10),")
    _say("  the flood as a ratio to itself with nobody typing (target 0.5), MB/s of that")
    for name, seen in found.items():
        figures = [(s.echo.p50, s.echo.p95, s.flood / s.full, s.full) for s in seen]
        p50, p95, share, full = map(median, zip(*figures, strict=True))
        _say(f"  {name:16} {p50:7.2f} {p95:7.2f}   {share:5.2f} {full:7.1f}")


def _ours_alone(ours: Server, guest: Guest, size: Size) -> None:
    terminal = guest.terminal(fresh=True)
    ready(terminal)
    alone = _p95(terminal, size)
    web = (ours.pids[0],)
    before = measures.resident(web)
    idle = _idle(guest, size.idle)
    each = (measures.resident(web) - before) / size.idle
    among = _p95(terminal, size)
    _say(f"echo with {size.idle} idle terminals: p95 as a ratio to one alone (target 1.5)")
    _say(f"  {among / alone:.2f}  ({among:.2f} ms to {alone:.2f} ms)")
    _say(f"idle terminal: KB in the web process (target 60)\n  {each / 1000:.1f}")
    for one in idle:
        one.socket.cut()
    terminal.socket.cut()


def _p95(terminal: RawTerminal, size: Size) -> float:
    return median(measures.echo(terminal, size.keys).p95 for _ in range(size.rounds))


def _idle(guest: Guest, count: int) -> list[TerrariumTerminal]:
    """Open terminals of other learners' labs, as many to each as a shim has places for."""
    opened: list[TerrariumTerminal] = []
    while len(opened) < count:
        other = guest.another()
        for name in ("main", "second"):
            for _ in range(min(PLACES, count - len(opened))):
                opened.append(other.terminal(name))
                opened[-1].read()  # Its welcome: it is there.
    return opened


def _nothing_lost(ours: Server, guest: Guest, size: Size) -> bool:
    web, shim = ((pid,) for pid in ours.pids)
    before = measures.resident(shim)
    grown, complete = measures.stalled(ready(guest.terminal(fresh=True)), web, size.stall)
    held = measures.resident(shim) - before
    _say(
        f"stalled reader, {size.stall:g} s: MB grown, web (target 1) and shim (0.5); complete after"
    )
    _say(f"  {grown / 1e6:.2f} {held / 1e6:.2f}   {'yes' if complete else 'NO'}")
    exact = _cuts(guest, size.cuts)
    _say(f"{size.cuts} random cuts, coming back with the offset: byte-exact")
    _say(f"  {'yes' if exact else 'NO'}")
    return complete and exact


def _cuts(guest: Guest, cuts: int) -> bool:
    """Whether a counting loop is seen without a gap through so many lost connections."""
    chance = random.Random(42)
    terminal = guest.terminal("second", fresh=True)
    ready(terminal)
    terminal.type(b"clear; i=0; while :; do echo n$((i++)); sleep 0.002; done\n")
    shown = bytearray()
    for _ in range(cuts):
        with suppress(Closed):
            for _ in range(chance.randint(1, 8)):
                shown += terminal.read()
        terminal.socket.cut()
        offset = terminal.offset
        terminal = guest.terminal("second", offset=offset)
        terminal.read()
        if terminal.start != offset:
            return False
    terminal.type(b"\x03")
    terminal.socket.cut()
    numbers = [int(number) for number in re.findall(rb"n(\d+)\r\n", shown)]
    return len(numbers) > cuts and numbers == list(range(len(numbers)))


def _rounds(
    terminals: dict[str, RawTerminal], count: int, measure: Callable[[RawTerminal], Result]
) -> dict[str, list[Result]]:
    """Each in turn, again and again: what else the machine does meets them all alike."""
    results: dict[str, list[Result]] = {name: [] for name in terminals}
    for _ in range(count):
        for name, terminal in terminals.items():
            results[name].append(measure(terminal))
    return results


def _middle(echoes: dict[str, list[Echo]], name: str, of: Callable[[Echo], float]) -> float:
    return median(of(echo) for echo in echoes.get(name) or [])


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
