"""Small labs made by hand, in the form in which the engine reports them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from sandbox.observe.reach import Reach, Reached
from sandbox.observe.snapshot import (
    Cgroup,
    IdRange,
    Link,
    Look,
    Mount,
    Process,
    Route,
    Seen,
    Snapshot,
    Socket,
)

BASE = 0x30000000
SPACES = {
    "mnt": 101,
    "pid": 102,
    "pid_for_children": 102,
    "net": 103,
    "uts": 104,
    "ipc": 105,
    "user": 106,
    "cgroup": 107,
    "time": 108,
}
NOTHING = Seen(
    exists=False,
    kind="",
    mode=0,
    uid=0,
    gid=0,
    size=0,
    rdev="",
    link="",
    data="",
    names=(),
    error="",
)
REFUSED = Reached("refused", "connection refused", 0, "", "", 1)
EMPTY_GROUP = Cgroup("/", (), None, 0, 0, None, 0, 0, None, 0, 0, None)


def process(pid: int, comm: str = "bash", **changes) -> Process:
    """A process of the lab as root sees it there; `spaces` replaces some of its namespaces."""
    spaces = SPACES | changes.pop("spaces", {})
    plain = Process(
        pid=pid,
        start=pid,
        parent=1000,
        nspid=(pid, pid - 999),
        comm=comm,
        cmdline=(comm,),
        state="S",
        exe=f"/usr/bin/{comm}",
        root="/",
        cwd="/root",
        uids=(BASE,) * 4,
        gids=(BASE,) * 4,
        capabilities=0,
        seccomp=2,
        threads=1,
        rss=1 << 20,
        namespaces=spaces,
        uid_map=(IdRange(0, BASE, 65536),),
        gid_map=(IdRange(0, BASE, 65536),),
        cgroup="/",
        tty=0,
    )
    return replace(plain, **changes)


def mount(target: str, fstype: str = "tmpfs", **changes) -> Mount:
    plain = Mount(next(_numbers), 1, "0:50", "/", target, ("rw",), 0, 0, fstype, "none", ("rw",))
    return replace(plain, **changes)


_numbers = count(100)
PROC = mount("/proc", "proc")


class Lab:
    """A lab that a test changes; every snapshot is one second later."""

    def __init__(self) -> None:
        self.processes = [process(1000, "tini", parent=0), process(1001)]
        self.mounts: dict[int, tuple[Mount, ...]] = {101: (mount("/", "overlay"), PROC)}
        self.hostnames = {104: "lab"}
        self.cgroups = [EMPTY_GROUP]
        self.sockets: dict[int, tuple[Socket, ...]] = {}
        self.links: dict[int, tuple[Link, ...]] = {}
        self.routes: dict[int, tuple[Route, ...]] = {}
        self.files: dict[tuple[int, str], Seen] = {}
        self.features: tuple[str, ...] = ("cgroup.memory", "cgroup.pids", "cgroup.cpu")
        self.now = 100.0
        self.asked: list[Look] = []
        self.servers: dict[tuple[int, str, int], Reached] = {}  # network, address, port
        self.reached: list[Reach] = []

    def taken(self) -> Snapshot:
        self.now += 1.0
        return Snapshot(
            container="c" * 64,
            init=1000,
            taken=self.now,
            processes=tuple(self.processes),
            mounts=self.mounts,
            hostnames=self.hostnames,
            cgroups=tuple(self.cgroups),
            sockets=self.sockets,
            links=self.links,
            routes=self.routes,
            features=self.features,
        )

    def seen(self, pid: int, path: str, kind: str = "file", **changes) -> None:
        self.files[pid, path] = replace(NOTHING, exists=True, kind=kind, mode=0o644, **changes)

    async def snapshot(self) -> Snapshot:
        return self.taken()

    async def look(self, looks):
        self.asked += looks
        return [self.files.get((one.pid, one.path), NOTHING) for one in looks]

    async def reach(self, asked):
        self.reached += asked
        return [self.servers.get((one.network, one.address, one.port), REFUSED) for one in asked]
