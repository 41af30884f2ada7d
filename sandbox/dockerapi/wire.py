"""The values that the web process sends to and reads from Docker's Engine API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class EngineError(Exception):
    """The engine could not do what was asked."""


class EngineUnreachable(EngineError):
    """No engine answers on the socket, or it went away in the middle."""


class EngineRefused(EngineError):
    """The engine answered with an error: Docker's status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class OutputTooLong(EngineError):
    """A program wrote more than the caller wanted to read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one lab may use at most."""

    memory: int  # bytes
    pids: int
    cpus: float
    disk: str  # Docker's size, "1G"


@dataclass(frozen=True, slots=True)
class LabContainer:
    """A container of runtime `lab`, as POST /containers/create takes it."""

    image: str
    hostname: str
    profile: str
    labels: Mapping[str, str]
    env: Mapping[str, str]
    limits: Limits

    def body(self) -> dict[str, Any]:
        """Docker's JSON."""
        return {
            "Image": self.image,
            "Hostname": self.hostname,
            "Env": [f"{name}={value}" for name, value in self.env.items()],
            "Labels": {**self.labels, "terrarium.profile": self.profile},
            "HostConfig": {
                "Runtime": "lab",
                "Memory": self.limits.memory,
                "NanoCpus": int(self.limits.cpus * 1_000_000_000),
                "PidsLimit": self.limits.pids,
                "StorageOpt": {"size": self.limits.disk},
            },
        }


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of GET /containers/json."""

    id: str
    state: str  # created running paused restarting removing exited dead
    created: int  # seconds since the epoch
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run in a container, as POST /containers/ID/exec takes it."""

    argv: tuple[str, ...]
    tty: bool = False
    stdin: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = "root"
    directory: str = ""

    def body(self) -> dict[str, Any]:
        """Docker's JSON."""
        body: dict[str, Any] = {
            "Cmd": list(self.argv),
            "Tty": self.tty,
            "AttachStdin": self.stdin,
            "AttachStdout": True,
            "AttachStderr": True,
            "Env": [f"{name}={value}" for name, value in self.env.items()],
            "User": self.user,
        }
        if self.directory:
            body["WorkingDir"] = self.directory
        return body


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended: its exit code, and stdout and stderr as they came, interleaved."""

    code: int
    output: bytes
