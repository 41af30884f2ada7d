"""Processes to be looked at: a shell in a jail of its own mount namespace, waiting on its input."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.observe.looks import Request
from sandbox.observe.snapshot import Look, Seen
from tests.kernel.observe.boxes import Box

BUSYBOX = "/bin/busybox"


@dataclass(frozen=True, slots=True)
class Jail:
    """A chrooted shell; root is where its root directory is on the host."""

    root: Path
    pid: int
    unshare: subprocess.Popen[str]  # its pipes are the shell's

    @property
    def start(self) -> int:
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[19])

    def run(self, command: str) -> str:
        """The output of one command, run by the shell itself in the jail."""
        assert self.unshare.stdin is not None
        assert self.unshare.stdout is not None
        self.unshare.stdin.write(f"{command}\necho end-of-output\n")
        self.unshare.stdin.flush()
        lines = iter(self.unshare.stdout.readline, "end-of-output\n")
        return "".join(lines)

    def background(self, script: str) -> None:
        """A loop that goes on until the shell ends with its pid namespace."""
        assert self.run(f"( {script} ) >/dev/null & kill -0 $! && echo runs") == "runs\n"

    def look(self, path: str, want: str = "stat") -> Seen:
        return self.ask(Look(self.pid, self.start, path, want))[0]

    def ask(self, *looks: Look) -> tuple[Seen, ...]:
        return Request(lambda: frozenset((self.pid,))).answer(looks)


@pytest.fixture
def jail(tmp_path: Path) -> Iterator[Jail]:
    """PID 1 of its own pid namespace, so that everything it started ends with it."""
    root = tmp_path / "jail"
    for name in ("bin", "proc", "tmp", "etc", "dev"):
        (root / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    os.mknod(root / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    (root / "etc/hostname").write_text("jail\n")
    command = f"mount -t proc proc {root}/proc; echo $$; exec chroot {root} /bin/busybox sh"
    unshare = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children")
    assert unshare.stdout is not None
    assert unshare.stdout.readline() == "1\n"
    made = Jail(root, int(children.read_text()), unshare)
    made.run("/bin/busybox --install -s /bin; export PATH=/bin")
    yield made
    unshare.kill()
    unshare.communicate()


@pytest.fixture
def box() -> Iterator[Box]:
    """A box that is empty; whatever runs in it ends with the test."""
    outer = Hierarchies.probe().group(f"terrarium-{os.urandom(4).hex()}")
    made = Box(outer.child("box"))
    made.group.create()
    yield made
    made.close()
    assert outer.remove() == []
