"""A launcher and containers of busybox alone: what boot and shim do, without the engine's API."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox.engine.container import Caller, Mode, Wish
from sandbox.engine.groups import take_away
from sandbox.engine.launch import Launcher
from sandbox.engine.shim import Shim
from sandbox.engine.spec import ExecSpec, LaunchSpec, Limits
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from tests.witness import loops, settled

BUSYBOX = Path("/bin/busybox")
APPLETS = (
    *("sh", "cat", "ls", "sleep", "mount", "umount", "mknod", "unshare", "id", "yes", "head"),
    *("grep", "mkdir", "kill", "echo", "true", "false", "stty", "readlink", "touch", "chmod"),
    *("hostname", "ps", "dd", "printf", "tty", "test", "env", "seq"),
)
SETTINGS = {
    "runtime": "lab",
    "profile": "plain",
    "args": ("/bin/sleep", "1000"),
    "env": ("PATH=/bin",),
    "cwd": "",
    "user": "",
    "hostname": "box",
    "tty": False,
    "open_stdin": False,
    "stdin_once": False,
    "limits": Limits(memory=128 << 20, pids=64, cpu=1.0),
    "disk": 16 << 20,
    "seccomp": "lab",
}
BOTH = ("lab", "default")


def busybox_layer(path: Path) -> Path:
    """A root file system of one static program."""
    for name in ("bin", "etc", "mnt", "root"):
        (path / name).mkdir(parents=True)
    shutil.copy2(BUSYBOX, path / "bin/busybox")
    for applet in APPLETS:
        (path / "bin" / applet).symlink_to("busybox")
    (path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nuser:x:7:8::/mnt:/bin/sh\n")
    (path / "etc/group").write_text("root:x:0:\nuser:x:8:\n")
    return path


@dataclass(slots=True)
class Stage:
    """Where containers live; what is started here ends with it."""

    place: Path
    layer: Path
    launcher: Launcher
    key: str
    made: list[LaunchSpec] = field(default_factory=list)
    shims: list[int] = field(default_factory=list)
    held: list[Shim] = field(default_factory=list)

    def spec(self, **wanted: Any) -> LaunchSpec:
        """A container that is not started yet."""
        number = len(self.made)
        identity = hashlib.sha256(f"{self.key}{number}".encode()).hexdigest()
        directory = self.place / identity[:12]
        directory.mkdir()
        self.made.append(
            LaunchSpec(
                id=identity,
                directory=str(directory),
                socket=str(self.place / f"{identity[:12]}.sock"),
                layers=(str(self.layer),),
                id_base=0x3F000000 + number * 65536,
                **{**SETTINGS, **wanted},
            )
        )
        return self.made[-1]

    async def launch(self, **wanted: Any) -> Shim:
        shim = await self.launcher.launch(self.spec(**wanted))
        self.made[-1] = replace(self.made[-1], cgroup=shim.group)
        await self.launcher.born(shim)
        self.held.append(shim)
        self.shims.append(shim_of(shim.pid))
        return shim

    async def adopt(self, spec: LaunchSpec) -> Shim:
        """As another engine would."""
        self.held.append(await Launcher(f"terrarium-{self.key}", self.place / "berth").adopt(spec))
        return self.held[-1]

    def remains(self) -> list[str]:
        """What containers of this stage hold on the host: groups, loop devices, mounts."""
        tops = [f"terrarium-{self.key}", f"*/terrarium-{self.key}"]
        groups = [str(path) for top in tops for path in Path("/sys/fs/cgroup").glob(top)]
        return groups + self.devices_and_mounts()

    def devices_and_mounts(self) -> list[str]:
        """Those of them that the host's own namespace would show."""
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        return [one for one in (*loops(), *mounts) if str(self.place) in one]

    def named_groups(self) -> set[str]:
        """The control groups of this stage's containers, in whichever hierarchy."""
        tops = [f"terrarium-{self.key}/*/", f"*/terrarium-{self.key}/*/"]
        paths = [path for top in tops for path in Path("/sys/fs/cgroup").glob(top)]
        return {"/".join(path.parts[-2:]) for path in paths}

    async def close(self) -> None:
        # First, or it would make another spare in place of the one that is taken away.
        await self.launcher.close()
        top = Hierarchies.probe().group(f"terrarium-{self.key}")
        await asyncio.to_thread(take_away, top)
        for shim in self.held:
            await shim.close()


@contextmanager
def frozen(spec: LaunchSpec) -> Iterator[None]:
    """The container's groups, by the freezer whose tasks do not even die."""
    old = Path("/sys/fs/cgroup/freezer") / spec.cgroup
    file = old / "freezer.state" if old.exists() else Path("/sys/fs/cgroup") / spec.cgroup
    state, on, off = (
        (file, "FROZEN", "THAWED") if old.exists() else (file / "cgroup.freeze", "1", "0")
    )
    state.write_text(on)
    try:
        yield
    finally:
        if state.exists():
            state.write_text(off)


@dataclass(slots=True)
class Ran:
    """The end of a program in a container."""

    code: int
    output: str


async def run(shim: Shim, *args: str, **wanted: Any) -> Ran:
    """A program in the container, to its end."""
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    session = secrets.token_hex(8)

    def told(identity: str, code: int) -> None:
        if identity == session:
            ended.set_result(code)

    shim.on_exec_exit = told
    stream = await start(shim, session, *args, **wanted)
    output = await asyncio.to_thread(_everything, stream)
    return Ran(await asyncio.wait_for(ended, 20), output.decode(errors="replace"))


async def sh(shim: Shim, script: str, **wanted: Any) -> Ran:
    """A shell script in the container, its two streams as one."""
    return await run(shim, "/bin/sh", "-c", f"exec 2>&1; {script}", **wanted)


async def start(
    shim: Shim, session: str, *args: str, mode: Mode = Mode.DOCKER, tty: bool = True, **wanted: Any
) -> socket.socket:
    """A program in the container; the client's end of its raw stream."""
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    wish = Wish(mode, stdin=True, stdout=True, stderr=True)
    spec = ExecSpec(session, args, ("PATH=/bin",), "", "", tty=tty, stdin=True)
    try:
        await shim.exec(replace(spec, **wanted), Caller(theirs.detach(), b"", wish))
    except BaseException:
        ours.close()
        raise
    return ours


def _everything(stream: socket.socket) -> bytes:
    data = b""
    with stream:
        while more := stream.recv(1 << 16):
            data += more
    return data


def shim_of(pid: int) -> int:
    """The parent of a first process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def private_kilobytes(pid: int) -> int:
    """Memory that a process shares with nobody."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def gone(pid: int) -> bool:
    """Whether the process ends soon; a zombie has ended, and its parent may be this very thread."""
    return settled(lambda: _ended(pid), within=15)


def _ended(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def end(pid: int, number: int) -> None:
    os.kill(pid, number)
    assert gone(pid)
