"""Create, start, run /bin/true, remove: through our API, and by `runc run` of the same root.

`python -m tests.bench.start [ROUNDS]` as root. The two take turns: both see the same machine.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.contract import engines
from tests.contract.wire import Wire

ROUNDS = 40
TARGET = 0.5  # of runc's time
# runc's own configuration has a network namespace with nothing in it but a loopback device.
LIKE_RUNC = {"AutoRemove": True, "NetworkMode": "none"}


def main(rounds: int) -> None:
    """Prints medians in milliseconds and their ratio."""
    with tempfile.TemporaryDirectory(prefix="tt-", dir="/var/tmp") as place:
        work = Path(place)
        tar = engines.busybox_tar(work / "box.tar")
        bundle = runc_bundle(work / "bundle", tar)
        (work / "engine").mkdir()
        with engines.terrarium(work / "engine", tar) as engine, Wire(engine) as wire:
            ours, theirs = [], []
            for turn in range(rounds + 3):  # The first three warm both up.
                ours.append(timed(lambda: by_api(engine, wire)))
                theirs.append(
                    timed(lambda turn=turn: by_runc(bundle, f"bench-{os.getpid()}-{turn}"))
                )
    report(ours[3:], theirs[3:])


def by_api(engine: engines.Engine, wire: Wire) -> None:
    """What `docker run --rm` asks for: create, start, and wait until it is removed."""
    asked_for = {"Image": engines.IMAGE, "Cmd": ["/bin/true"], "HostConfig": LIKE_RUNC}
    path = f"/containers/{asked(wire, 'POST', '/containers/create', asked_for)['Id']}"
    # On a connection of its own, before the start: afterwards it may be gone already.
    with Wire(engine) as waiting:
        waiting.send("POST", f"{path}/wait?condition=removed")
        _, headers = waiting.head()
        asked(wire, "POST", f"{path}/start")
        assert json.loads(waiting.body(headers)) == {"StatusCode": 0}


def asked(wire: Wire, method: str, path: str, body: object = None):
    wire.send(method, path, None if body is None else json.dumps(body).encode())
    status, headers = wire.head()
    content = b"" if status == 204 else wire.body(headers)
    assert status < 400, content
    return json.loads(content) if content else None


def runc_bundle(bundle: Path, tar: Path) -> Path:
    """The same root with runc's own default configuration."""
    root = bundle / "rootfs"
    root.mkdir(parents=True)
    subprocess.run(["tar", "-C", root, "-xf", tar], check=True)
    subprocess.run(["runc", "spec", "--bundle", bundle], check=True)
    file = bundle / "config.json"
    config = json.loads(file.read_text())
    config["process"]["args"] = ["/bin/true"]
    config["process"]["terminal"] = False
    file.write_text(json.dumps(config))
    return bundle


def by_runc(bundle: Path, name: str) -> None:
    """`runc run` creates, starts, waits and removes."""
    subprocess.run(["runc", "run", "--bundle", bundle, name], check=True, stdin=subprocess.DEVNULL)


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def report(ours: list[float], theirs: list[float]) -> None:
    """One line for each, and the ratio of the medians."""
    for name, times in (("terrarium", ours), ("runc run", theirs)):
        middle, worst = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        print(f"{name:<12} p50 {middle:6.1f} ms   p95 {worst:6.1f} ms   ({len(times)} rounds)")
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"ratio        {ratio:.2f} of runc's time (target: at most {TARGET})")


def run(*, short: bool) -> bool:
    """As a part of all benchmarks; whether it could be measured."""
    if shutil.which("runc") is None:
        print("(without runc: not installed)")
        return True
    main(10 if short else ROUNDS)
    return True


if __name__ == "__main__":
    if shutil.which("runc") is None:
        sys.exit("needs runc, the peer")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
