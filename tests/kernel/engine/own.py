"""An engine of a test's own, to be killed, stopped and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract.engines import CONFIG, IMAGE, ROOT, Engine, await_answer, busybox_tar

_WORLD = "ip link set lo up; echo up; exec sleep infinity"


@dataclass(slots=True)
class OwnEngine:
    """`python -m deploy.engine` on a state below place; close() takes everything away."""

    place: Path
    all: Engine = field(init=False)  # Through the full socket,
    labs: Engine = field(init=False)  # and through the labs socket.
    process: subprocess.Popen[bytes] | None = None
    # Networks of its own, which outlive the engine: what it makes meets nothing of the machine's.
    world: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.world = subprocess.Popen(["unshare", "--net", "sh", "-c", _WORLD], stdout=-1)
        assert self.world.stdout is not None
        self.world.stdout.readline()
        enter = f"nsenter -t {self.world.pid} -n"
        self.all = Engine("terrarium", str(self.place / "e.sock"), enter)
        self.labs = Engine("labs", str(self.place / "l.sock"))
        tar, config = self.place / "box.tar", self.place / "config.json"
        busybox_tar(tar)
        config.write_text(json.dumps({"created": "2026-01-01T00:00:00Z", "config": CONFIG}))
        self._run("image", "add", "--state", str(self.state), IMAGE, str(tar), str(config))

    @property
    def state(self) -> Path:
        return self.place / "state"

    @property
    def containers(self) -> Path:
        return self.state / "engine" / "containers"

    def start(self, *options: str) -> None:
        argv = [*self.all.enter.split(), sys.executable, "-m", "deploy.engine"]
        argv += ["--state", str(self.state)]
        argv += ["--socket", self.all.socket, "--labs-socket", self.labs.socket]
        argv += ["--labs-gid", str(os.getgid()), *options]
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log)
        await_answer(self.all.socket, self.process, self.place / "log")

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    def close(self) -> None:
        if self.process is None:
            self.start()
        for identity in self.all.ask("ps", "-aq").split():
            self.all.docker("rm", "-f", identity)
        self.end()
        self.world.kill()
        self.world.communicate()

    def _run(self, *arguments: str) -> None:
        argv = [sys.executable, "-m", "deploy.engine", *arguments]
        subprocess.run(argv, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
