"""Private memory of engine, zygote, the shim of an idle container, and one idle lab.

`python -m tests.bench.memory` as root. Private is what nobody else maps: Private_Clean and
Private_Dirty of smaps_rollup, proc_pid_smaps_rollup(5).
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from tests.contract import engines

KIB = 1024


def main() -> None:
    """One line for each process, in MiB."""
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/var/tmp") as place:
        work = Path(place)
        tar = engines.busybox_tar(work / "box.tar")
        (work / "engine").mkdir()
        with engines.terrarium(work / "engine", tar) as engine:
            report(engine)


def report(engine: engines.Engine) -> None:
    """Measures with one idle container and one idle lab."""
    engine.ask("run", "-d", "--name", "idle", "box:1", "sleep", "600")
    lab = ("--runtime", "lab", "--storage-opt", "size=64M")
    engine.ask("run", "-d", "--name", "lab", *lab, "box:1", "sleep", "600")
    own = engine_pid(engine.socket)
    zygote = next(pid for pid in children(own) if "zygote" in command(pid))
    for name, pid in (
        ("engine", own),
        ("zygote", zygote),
        ("idle shim", parent(int(engine.inspect("idle", ".State.Pid")))),
        ("idle shim of a lab", parent(int(engine.inspect("lab", ".State.Pid")))),
        ("idle lab's program (static sleep)", int(engine.inspect("lab", ".State.Pid"))),
    ):
        print(f"{name:<36} {private(pid) / KIB / KIB:6.2f} MiB private")


def private(pid: int) -> int:
    """bytes"""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(found) * KIB for found in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M))


def engine_pid(socket: str) -> int:
    """The engine that was started with this socket."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return next(pid for pid in pids if f"--socket {socket}" in command(pid))


def children(pid: int) -> list[int]:
    """Its child processes."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def parent(pid: int) -> int:
    """The parent's pid."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def command(pid: int) -> str:
    """The command line, "" when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def run(*, short: bool) -> bool:
    """As a part of all benchmarks; it is short already."""
    main()
    return True


if __name__ == "__main__":
    main()
