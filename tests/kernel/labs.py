"""Labs as the attacks use them: made and entered through the Docker API, judged from the host."""

from __future__ import annotations

import hashlib
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import docker.errors
import docker.models.containers

from tests.kernel.streams import exec_detached, exec_to_the_end
from tests.running import Running
from tests.witness import cgroups, loops, settled, spares

ATTACKS = Path(__file__).parent / "promises/attacks"
LEASES = Path("/run/terrarium-ids")
MEMORY = 160 << 20
PIDS = 64


@dataclass(frozen=True, slots=True)
class Ran:
    """The end of a program in a lab."""

    code: int
    output: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


@dataclass(slots=True)
class Lab:
    """One running lab."""

    api: Path
    container: docker.models.containers.Container

    @property
    def id(self) -> str:
        return str(self.container.id)

    @property
    def pid(self) -> int:
        """Its first process on the host."""
        self.container.reload()
        return int(self.container.attrs["State"]["Pid"])

    def run(self, *argv: str, user: str = "", workdir: str = "") -> Ran:
        """A program in the lab, to its end."""
        code, output = exec_to_the_end(self.api, self.id, argv, user=user, workdir=workdir)
        return Ran(code, output.decode(errors="replace"))

    def sh(self, script: str, user: str = "") -> Ran:
        return self.run("/bin/bash", "-c", script, user=user)

    def attack(self, name: str, *arguments: object, feed: str = "") -> Ran:
        """One of the scripts beside this file; feed: a command whose output it reads."""
        program = {".pl": "perl", ".sh": "bash"}[Path(name).suffix]
        text = (ATTACKS / name).read_text()
        entry = 'program=$1 text=$2; shift 2; "$program" <(printf %s "$text") "$@"'
        entry = f"{entry} < <({feed})" if feed else entry
        return self.run("/bin/bash", "-c", entry, "attack", program, text, *map(str, arguments))

    def background(self, script: str) -> None:
        """A program that goes on after this returns."""
        exec_detached(self.api, self.id, ["/bin/bash", "-c", script])

    def remove(self) -> None:
        """May be repeated."""
        with suppress(docker.errors.NotFound):
            self.container.remove(force=True, v=True)


@dataclass(slots=True)
class Engine:
    """A running engine and somebody else's client for it."""

    running: Running
    client: docker.DockerClient = field(init=False)

    def __post_init__(self) -> None:
        address = f"unix://{self.running.here.engine_socket}"
        self.client = docker.DockerClient(address, version="1.45", timeout=60)

    def lab(self, *, profile: str = "plain", **wanted: Any) -> Lab:
        """A started lab, small unless wanted otherwise; further arguments are docker-py's."""
        settings = {
            "mem_limit": MEMORY,
            "pids_limit": PIDS,
            "nano_cpus": 500_000_000,
            "storage_opt": {"size": "64M"},
            **wanted,
        }
        container = self.client.containers.create(
            "terrarium/lab:latest", runtime="lab", labels={"terrarium.profile": profile}, **settings
        )
        container.start()
        return Lab(self.running.here.engine_socket, container)

    @property
    def alive(self) -> bool:
        child = self.running.engine.child
        return child is not None and child.poll() is None

    def kill(self) -> None:
        """kill -9, and no connection of ours to what is no more."""
        self.running.engine.end(signal.SIGKILL)
        self.client.api.close()

    def revive(self) -> None:
        """The next engine of the same state."""
        self.running.engine.start()

    def close(self) -> None:
        self.client.close()


@dataclass(frozen=True, slots=True)
class Remains:
    """What an engine's labs hold on the host, by name."""

    cgroups: frozenset[str]
    loops: frozenset[str]
    leases: frozenset[str]
    files: frozenset[str]
    mounts: tuple[str, ...]


def remains(engine: Engine) -> Remains:
    """All of it; the neighbour's part does not change meanwhile."""
    here = engine.running.here
    state = str(here.state.resolve())
    key = hashlib.sha256(f"{state}/engine".encode()).hexdigest()[:8]
    files = [*(here.state / "engine/containers").glob("*"), *(here.run / "shims").glob("*")]
    return Remains(
        _groups(key),
        frozenset(loop for loop in loops() if state in loop),
        frozenset(str(path) for path in LEASES.glob("*") if state in _text(path)),
        frozenset(map(str, files)),
        tuple(line for line in _text(Path("/proc/self/mountinfo")).splitlines() if state in line),
    )


def _groups(key: str) -> frozenset[str]:
    assert settled(lambda: len(spares(key)) == 1, within=10)
    return frozenset(path for path in cgroups() if f"/terrarium-{key}" in path)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""  # Another engine's, given back this moment.


def gone(pid: int) -> bool:
    """Whether the process ends soon."""
    return settled(lambda: not Path(f"/proc/{pid}").exists(), within=10)
