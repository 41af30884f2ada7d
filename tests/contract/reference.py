"""A real dockerd to hold our answers against: Debian's docker.io in namespaces of its own.

`python -m tests.contract.reference` makes the root filesystem once (about 35 s) in the directory
named by TERRARIUM_REFERENCE_DOCKERD; the suite then starts one daemon per run from it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

PACKAGES = "docker.io,docker-cli,iptables,iproute2,ca-certificates,kmod,procps"
SUITE = "trixie"  # docker.io 26.1.5, API 1.45
DIRECTORY = Path(os.environ.get("TERRARIUM_REFERENCE_DOCKERD") or "/var/cache/terrarium-reference")

# Its own /usr lies over the host's only inside this mount namespace; host paths stay valid.
_START = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount --bind "$1/etc/alternatives" /etc/alternatives
mount --bind "$1/usr" /usr
mkdir -p /etc/docker
ip link set lo up
exec dockerd --data-root "$2/data" --exec-root "$2/exec" --pidfile "$2/pid" \\
    --host "unix://$2/docker.sock" --cgroup-parent "/$3" --storage-driver overlay2
"""


class Dockerd:
    """One daemon; owns its work directory, its processes (one pid namespace) and its cgroups."""

    def __init__(self, root: Path, work: Path) -> None:
        work.mkdir(exist_ok=True)
        self.work = work
        self.group = f"reference-dockerd-{os.getpid()}"
        self.socket = str(work / "docker.sock")
        self.log = work / "log"
        argv = [
            "unshare",
            "--mount",
            "--net",
            "--pid",
            "--ipc",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]
        argv += ["sh", "-c", _START, "dockerd", str(root), str(work), self.group]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 60
        while not answers(self.socket):
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = self.log.read_text()[-2000:]
                self.close()
                raise RuntimeError(f"dockerd did not start: {words}")
            time.sleep(0.1)  # Another program's start has no event to wait for.
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """A process in the daemon's network namespace."""
        return self._process.pid

    def close(self) -> None:
        """End the daemon with all that it started, and remove what it left on the host."""
        # A frozen task of version 1 ignores SIGKILL, and the end of its pid namespace waits for it.
        for state in Path("/sys/fs/cgroup").glob(f"*/{self.group}/**/freezer.state"):
            with suppress(OSError):  # It went meanwhile.
                state.write_text("THAWED")
        # unshare ignores SIGTERM; its own end is SIGKILL for the daemon, init of a pid namespace.
        self._process.kill()
        self._process.wait(30)
        for group in Path("/sys/fs/cgroup").glob(f"**/{self.group}"):
            _remove_groups(group)
        shutil.rmtree(self.work, ignore_errors=True)


def build(directory: Path = DIRECTORY) -> Path:
    """Make the root filesystem unless it is there; returns it."""
    root = directory / "root"
    if not root.exists():
        directory.mkdir(parents=True, exist_ok=True)
        part = directory / "root.part"
        shutil.rmtree(part, ignore_errors=True)
        argv = ["mmdebstrap", "--variant=apt", f"--include={PACKAGES}", SUITE, str(part)]
        subprocess.run(argv, check=True, stdout=sys.stderr)
        part.rename(root)
    return root


def compose(directory: Path = DIRECTORY) -> Path:
    """Debian's Compose, 2.26: the program, which needs nothing but a C library."""
    root = directory / "compose"
    if not root.exists():
        directory.mkdir(parents=True, exist_ok=True)
        part = directory / "compose.part"
        shutil.rmtree(part, ignore_errors=True)
        argv = ["mmdebstrap", "--variant=extract", "--include=docker-compose", SUITE, str(part)]
        subprocess.run(argv, check=True, stdout=sys.stderr)
        part.rename(root)
    return root / "usr/libexec/docker/cli-plugins/docker-compose"


def init(directory: Path = DIRECTORY) -> Path:
    """Debian's static init, the same program for both engines."""
    return directory / "root/usr/bin/tini-static"


def answers(path: str) -> bool:
    """Whether an engine answers on the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
            client.sendall(b"HEAD /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in client.recv(4096)
        except OSError:
            return False


def _remove_groups(top: Path) -> None:
    for directory, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            os.rmdir(directory)


if __name__ == "__main__":
    print(build(), compose())  # noqa: T201 - a script's answer
