"""A control group of the test's own, and programs in it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.kernel.cgroups.group import Group
from sandbox.observe.observer import observe
from sandbox.observe.snapshot import Process, Snapshot
from tests.witness import settled

NAMESPACES = (
    *("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup"),
    *("--user", "--map-root-user"),
)


@dataclass(slots=True)
class Box:
    """Programs started here are members before their first instruction of their own."""

    group: Group
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Runs until it is killed with the box; its output is a pipe."""
        program = subprocess.Popen(
            ["sh", "-c", 'read go; exec "$@"', "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(program)
        self.group.take_in(program.pid)
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
        return program

    def isolated(self, script: str, namespaces: Sequence[str] = NAMESPACES) -> None:
        """A shell script as PID 1 of new namespaces; returns when it has said "ready"."""
        program = self.start("unshare", *namespaces, "--fork", "--kill-child", "sh", "-c", script)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"

    def snapshot(self) -> Snapshot:
        init = self.started[0].pid if self.started else 0
        return observe("c" * 64, init, self.group)

    def showing(self, comm: str) -> tuple[Snapshot, Process]:
        """A snapshot with the only process of that name, once it has been started."""
        found: list[Snapshot] = []

        def there() -> bool:
            found.append(self.snapshot())
            return any(process.comm == comm for process in found[-1].processes)

        assert settled(there, within=10)
        return found[-1], named(found[-1], comm)

    def close(self) -> None:
        self.group.kill()
        for program in self.started:
            program.communicate()
        assert self.group.wait_empty(10)
        assert self.group.remove() == []


def named(snapshot: Snapshot, comm: str) -> Process:
    """The only process of that name."""
    (process,) = (process for process in snapshot.processes if process.comm == comm)
    return process


def witness(process: Process, *command: str) -> str:
    """The output of one of the host's programs in the namespaces of a process."""
    flag, *rest = command
    enter = ["nsenter", "--target", str(process.pid), flag, *rest]
    return subprocess.run(enter, check=True, capture_output=True, text=True).stdout
