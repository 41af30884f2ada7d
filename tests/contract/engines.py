"""The engines under contract: Terrarium's and Docker's, behind one face and with one image."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.contract import reference

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = "box:1"
CONFIG = {"Cmd": ["sh"], "Env": ["PATH=/bin"], "Labels": {"kind": "test"}}
# The same files, and a directory of them that is a volume, and ports that want publishing.
VOLUME_IMAGE = "vols:1"
VOLUME_CONFIG = {
    "Cmd": ["sh"],
    "Env": ["PATH=/bin"],
    "Volumes": {"/data": {}},
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
}
HEALTHY = {"Test": ["CMD-SHELL", "echo of the image"], "Interval": 400_000_000, "Retries": 2}
_COMMON = ["CMD " + json.dumps(CONFIG["Cmd"]), "ENV PATH=/bin"]
# The same files by other names: our configuration, and what makes it of an import for dockerd.
IMAGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    IMAGE: (CONFIG, [*_COMMON, "LABEL kind=test"]),
    VOLUME_IMAGE: (VOLUME_CONFIG, [*_COMMON, "VOLUME /data", "EXPOSE 80 53/udp"]),
    "health:1": (
        {**CONFIG, "Healthcheck": HEALTHY},
        [
            *(*_COMMON, "LABEL kind=test"),
            "HEALTHCHECK --interval=400ms --retries=2 CMD echo of the image",
        ],
    ),
    "health:2": (
        {**CONFIG, "Healthcheck": {"Test": ["CMD", "/no/such", "program"]}},
        [*_COMMON, "LABEL kind=test", 'HEALTHCHECK CMD ["/no/such", "program"]'],
    ),
}
ROOT = Path(__file__).resolve().parents[2]
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
    "etc/group": "root:x:0:\nalice:x:1000:\n",
    "etc/text": "not a program\n",
}


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers on a Unix socket."""

    name: str
    socket: str
    enter: str = ""  # Before a command: performs it in the engine's network namespace.

    def docker(
        self, *arguments: str, stdin: bytes = b"", seconds: float = 30
    ) -> subprocess.CompletedProcess[bytes]:
        """Docker's own command line, asked to talk to this engine."""
        argv = ["docker", "-H", f"unix://{self.socket}", *arguments]
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=seconds, check=False)

    def ask(self, *arguments: str, seconds: float = 30) -> str:
        """What the command line prints when it succeeds, without the last newline."""
        result = self.docker(*arguments, seconds=seconds)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout.decode().rstrip("\n")

    def inspect(self, name: str, template: str) -> str:
        """One value of `docker inspect`."""
        return self.ask("container", "inspect", "-f", "{{" + template + "}}", name)


def busybox_tar(path: Path) -> Path:
    """A root filesystem of one static program with its names."""
    busybox = Path("/bin/busybox")
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout
    with tarfile.open(path, "w") as tar:
        for directory in ("bin", "dev", "etc", "home", "home/alice", "proc", "root", "sys", "tmp"):
            member = tarfile.TarInfo(directory)
            member.type, member.mode = tarfile.DIRTYPE, 0o1777 if directory == "tmp" else 0o755
            tar.addfile(member)
        program = tar.gettarinfo(busybox, "bin/busybox")
        program.mode, program.uid, program.gid = 0o755, 0, 0
        with busybox.open("rb") as content:
            tar.addfile(program, content)
        for name in names.split():
            if name != "busybox":
                _add_link(tar, name)
        for name, text in _FILES.items():
            _add_file(tar, name, text)
        data = tarfile.TarInfo("data")
        data.type, data.mode, data.uid, data.gid = tarfile.DIRTYPE, 0o750, 1000, 1000
        tar.addfile(data)
        _add_file(tar, "data/one", "first\n", mode=0o640, owner=1000)
        _add_file(tar, "data/tool", "#!/bin/sh\n", mode=0o4755, owner=0)
    return path


def _add_link(tar: tarfile.TarFile, name: str) -> None:
    member = tarfile.TarInfo(f"bin/{name}")
    member.type, member.linkname = tarfile.SYMTYPE, "busybox"
    tar.addfile(member)


def _add_file(
    tar: tarfile.TarFile, name: str, text: str, *, mode: int = 0o644, owner: int = 0
) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.uid, member.gid = len(text), mode, owner, owner
    tar.addfile(member, io.BytesIO(text.encode()))


@contextmanager
def terrarium(directory: Path, tar: Path) -> Iterator[Engine]:
    """Our engine on a state of its own; its containers are removed at the end."""
    state, socket = directory / "state", str(directory / "t.sock")
    ours = [sys.executable, "-m", "deploy.engine"]
    for image, (settings, _) in IMAGES.items():
        config = directory / "config.json"
        config.write_text(json.dumps({"created": "2026-01-01T00:00:00Z", "config": settings}))
        add = [*ours, "image", "add", "--state", str(state), image, str(tar), str(config)]
        subprocess.run(add, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    with (directory / "log").open("wb") as log:
        # Networks of its own: nothing that a test publishes meets the machine's.
        serve = ["unshare", "--net", *ours, "--state", str(state), "--socket", socket]
        serve += ["--init-path", str(reference.init())] if reference.init().exists() else []
        process = subprocess.Popen(serve, cwd=ROOT, stdout=log, stderr=log)
    try:
        await_answer(socket, process, directory / "log")
        enter = f"nsenter -t {process.pid} -n"
        subprocess.run([*enter.split(), "ip", "link", "set", "lo", "up"], check=True)
        engine = Engine("terrarium", socket, enter)
        yield engine
        for identity in engine.ask("ps", "-aq").split():
            engine.docker("rm", "-f", identity)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def dockerd(directory: Path, tar: Path) -> Iterator[Engine]:
    """The reference."""
    with reference.Dockerd(reference.build(), directory / "dockerd") as daemon:
        yield dockerd_of(daemon, tar)


def dockerd_of(daemon: reference.Dockerd, tar: Path) -> Engine:
    """Its face, after it was given the images."""
    engine = Engine("dockerd", daemon.socket, f"nsenter -t {daemon.pid} -n")
    for image, (_, changes) in IMAGES.items():
        options = [part for change in changes for part in ("-c", change)]
        engine.ask("import", *options, str(tar), image)
    return engine


def await_answer(socket: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the engine answers; another process's start has no event to wait for."""
    until = time.monotonic() + 20
    while not reference.answers(socket):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the engine did not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def reference_is_there() -> bool:
    """Whether the reference was built, or may be built now because this is CI."""
    return (reference.DIRECTORY / "root").exists() or bool(os.environ.get("CI"))
