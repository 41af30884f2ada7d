"""The engine beside dockerd: the same image, the same client, one after the other in one call.

`python -m tests.bench.daemon [--short]` as root; needs the reference dockerd of the contract tests.
Prints every figure as a ratio to dockerd's, with the target where there is one.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.memory import KIB, children, command, engine_pid, private
from tests.bench.start import asked, timed
from tests.contract import engines, reference
from tests.contract.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CLIENTS = 8
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    rounds: int
    parallel: int
    megabytes: int
    crowds: Sequence[int]
    idle: float  # seconds


LONG = Size(rounds=40, parallel=200, megabytes=64, crowds=(10, 100, 500), idle=5)
SHORT = Size(rounds=5, parallel=16, megabytes=8, crowds=(4, 16), idle=1)


@dataclass(frozen=True, slots=True)
class Both:
    """The two engines and how to find their processes."""

    ours: engines.Engine
    dockerd: engines.Engine
    daemon: reference.Dockerd

    def __iter__(self):
        return iter((self.ours, self.dockerd))

    def processes(self, engine: engines.Engine) -> list[int]:
        """The engine and all that it started, without what runs in containers."""
        top = engine_pid(engine.socket) if engine is self.ours else self.daemon.pid
        return [pid for pid in descendants(top) if not re.search(r"^(sleep|sh|/bin)", command(pid))]


def descendants(pid: int) -> list[int]:
    """The process and its children's children."""
    return [pid, *(below for child in children(pid) for below in descendants(child))]


def pss(pid: int) -> int:
    """bytes; shared pages count by the share, proc_pid_smaps_rollup(5); 0 when it has ended"""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except ProcessLookupError:
        return 0
    return sum(int(found) * KIB for found in re.findall(r"^Pss:\s+(\d+) kB", text, re.M))


def run_once(engine: engines.Engine, wire: Wire, **host: object) -> None:
    """What `docker run --rm IMAGE true` asks for."""
    body = {"Image": engines.IMAGE, "Cmd": ["true"], "HostConfig": {"AutoRemove": True, **host}}
    path = f"/containers/{asked(wire, 'POST', '/containers/create', body)['Id']}"
    with Wire(engine, seconds=60) as waiting:
        waiting.send("POST", f"{path}/wait?condition=removed")
        _, headers = waiting.head()
        asked(wire, "POST", f"{path}/start")
        waiting.body(headers)


def compare(what: str, found: Sequence[float], unit: str, target: str = "") -> None:
    """One line: ours, dockerd's, and the ratio."""
    ours, theirs = found
    ratio = ours / theirs if theirs else float("nan")
    print(f"{what:<44} {ours:9.2f} {theirs:9.2f} {unit:<6} {ratio:6.3f}   {target}")


def by_turns(both: Both, rounds: int, work: Callable[[engines.Engine], object]) -> list[float]:
    """The median of each in ms; they take turns, so both see the same machine."""
    times: list[list[float]] = [[], []]
    for _ in range(rounds + 2):  # The first two warm both up.
        for engine, found in zip(both, times, strict=True):
            found.append(timed(lambda engine=engine: work(engine)))
    return [statistics.median(found[2:]) for found in times]


def single(both: Both, size: Size) -> None:
    """One container at a time: by the command line, and by the API alone; start.py has runc."""
    command_line = by_turns(both, size.rounds, lambda e: e.ask("run", "--rm", "box:1", "true"))
    compare("docker run --rm IMAGE true, p50", command_line, "ms", "target 0.25")
    what = "create+start+wait+remove by API"
    with ExitStack() as stack:
        wires = {engine.name: stack.enter_context(Wire(engine, seconds=60)) for engine in both}

        def through(network: str) -> list[float]:
            return by_turns(
                both, size.rounds, lambda e: run_once(e, wires[e.name], NetworkMode=network)
            )

        compare(f"{what}, bridge", through("bridge"), "ms", "target 0.1")
        compare(f"{what}, none", through("none"), "ms", "target 0.1")


def crowd(engine: engines.Engine, count: int, *argv: str, **host: object) -> list[str]:
    """Start so many containers by eight clients; their ids."""

    def some(share: range) -> list[str]:
        ids = []
        with Wire(engine, seconds=120) as wire:
            for _ in share:
                body = {"Image": engines.IMAGE, "Cmd": list(argv), "HostConfig": host}
                ids.append(str(asked(wire, "POST", "/containers/create", body)["Id"]))
                asked(wire, "POST", f"/containers/{ids[-1]}/start")
        return ids

    with ThreadPoolExecutor(CLIENTS) as clients:
        shares = [range(i, count, CLIENTS) for i in range(CLIENTS)]
        return [one for ids in clients.map(some, shares) for one in ids]


def disperse(engine: engines.Engine, ids: Sequence[str]) -> None:
    """Remove them, by eight clients as well."""

    def some(share: Sequence[str]) -> None:
        with Wire(engine, seconds=120) as wire:
            for identity in share:
                asked(wire, "DELETE", f"/containers/{identity}?force=1")

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(some, [ids[i::CLIENTS] for i in range(CLIENTS)]))


def parallel(both: Both, size: Size) -> None:
    """Many at once, then what they cost while they run."""
    rates, each = [], []
    for engine in both:
        idle = sum(pss(pid) for pid in both.processes(engine))
        print(f"{engine.name:<12} idle, all its processes: {idle / KIB / KIB:.1f} MiB Pss")
        alone = set(both.processes(engine))
        began = time.perf_counter()
        ids = crowd(engine, size.parallel, "sleep", "600")
        rates.append(size.parallel / (time.perf_counter() - began))
        shims = [pid for pid in both.processes(engine) if pid not in alone]
        each.append(sum(private(pid) for pid in shims) / size.parallel / KIB / KIB)
        both_stats(engine, size)
        disperse(engine, ids)
    compare(f"{size.parallel} started by {CLIENTS} clients", rates, "1/s", "target 4")
    compare("private memory beside each container", each, "MiB", "target 1.5 MiB")


def both_stats(engine: engines.Engine, size: Size) -> None:
    """What one look at all of them takes; by the command line, as people do it."""
    took = timed(lambda: engine.ask("stats", "--no-stream", "--format", "{{.Name}}", seconds=120))
    print(f"{engine.name:<12} docker stats --no-stream of {size.parallel}: {took:.0f} ms")


def streams(both: Both, size: Size) -> None:
    """MB/s from a program to the command line: attached, and out of the log."""
    attached, logged = [], []
    program = f"head -c {size.megabytes}M /dev/zero | tr '\\0' x | fold -w 120"
    for engine in both:
        took = timed(
            lambda e=engine: e.docker(
                "run", "--name", "talks", "box:1", "sh", "-c", program, seconds=300
            )
        )
        attached.append(size.megabytes * 1000 / took)
        took = timed(lambda e=engine: e.docker("logs", "talks", seconds=300))
        logged.append(size.megabytes * 1000 / took)
        engine.ask("rm", "talks")
    compare("attached output", attached, "MB/s")
    compare("docker logs", logged, "MB/s")


def growth(engine: engines.Engine, both: Both, size: Size) -> None:
    """Start latency and idle CPU with ever more containers running."""
    ids: list[str] = []
    for count in size.crowds:
        ids += crowd(engine, count - len(ids), "sleep", "600", NetworkMode="none")
        with Wire(engine, seconds=60) as wire:
            times = [
                timed(lambda wire=wire: run_once(engine, wire, NetworkMode="none"))
                for _ in range(size.rounds)
            ]
        before = cpu(both.processes(engine))
        time.sleep(size.idle)  # What is measured is what happens while nobody asks for anything.
        busy = (cpu(both.processes(engine)) - before) / size.idle
        print(
            f"{engine.name:<12} with {count:4} running: one more p50 "
            f"{statistics.median(times):7.1f} ms, idle {busy:6.2%} of a core"
        )
    disperse(engine, ids)


def cpu(pids: Sequence[int]) -> float:
    """seconds of CPU that these processes have used, proc_pid_stat(5)"""
    used = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / TICKS
    return used


def main(size: Size) -> None:
    """Everything, with both engines up all the time."""
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/var/tmp") as place, ExitStack() as stack:
        work = Path(place)
        tar = engines.busybox_tar(work / "box.tar")
        (work / "engine").mkdir()
        ours = stack.enter_context(engines.terrarium(work / "engine", tar))
        daemon = stack.enter_context(reference.Dockerd(reference.build(), work / "dockerd"))
        theirs = engines.dockerd_of(daemon, tar)
        both = Both(ours, theirs, daemon)
        print(f"{'':<44} {'ours':>9} {'dockerd':>9} {'':<6}  ratio")
        single(both, size)
        streams(both, size)
        parallel(both, size)
        for engine in both:
            growth(engine, both, size)


def run(*, short: bool) -> bool:
    """As a part of all benchmarks; whether it could be measured."""
    if not engines.reference_is_there():
        print("(without dockerd: the reference was not built)")
        return True
    main(SHORT if short else LONG)
    return True


if __name__ == "__main__":
    main(SHORT if "--short" in sys.argv else LONG)
