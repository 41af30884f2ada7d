"""One look at a container from outside: the values that checks, drawings and tests read.

Pure values and their JSON form; nothing here touches the kernel, so the web process may import it.
All process ids are the host's unless a name says otherwise; namespaces are nsfs inode numbers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdRange:
    """One line of uid_map or gid_map, user_namespaces(7)."""

    inside: int
    outside: int
    length: int


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the container's cgroup subtree; procfs(5)."""

    pid: int
    start: int  # Clock ticks since boot: with pid, the process's identity.
    parent: int  # 0 when the parent is outside the container.
    nspid: tuple[int, ...]  # NSpid, outermost (host) first.
    comm: str
    cmdline: tuple[str, ...]
    state: str  # R, S, D, Z, T, t, I, X
    exe: str  # "" when unreadable (zombie, kernel thread).
    root: str  # readlink of /proc/PID/root: "/" when pivoted, the jail's path when chrooted.
    cwd: str
    uids: tuple[int, int, int, int]  # real, effective, saved, filesystem: host ids.
    gids: tuple[int, int, int, int]
    capabilities: int  # CapEff
    seccomp: int  # 0 none, 1 strict, 2 filter
    threads: int
    rss: int  # bytes
    namespaces: dict[str, int]  # mnt pid pid_for_children net uts ipc user cgroup time → inode
    uid_map: tuple[IdRange, ...]
    gid_map: tuple[IdRange, ...]
    cgroup: str  # Path below the container's own cgroup: "/" is the container's root group.
    tty: int  # Device number of the controlling terminal, 0 without.


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo, as seen from the processes of one mount namespace."""

    id: int
    parent: int
    device: str  # "major:minor"
    root: str
    target: str
    options: tuple[str, ...]
    shared: int  # peer group, 0 when not shared
    master: int  # peer group this one receives from, 0 when not a slave
    fstype: str
    source: str
    super_options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One control group below the container's own, in neutral terms over v1, v2 and hybrid.

    None means: no limit is set, or the host cannot tell (see Snapshot.features).
    """

    path: str  # Below the container's own group; "/" is that group itself.
    pids: tuple[int, ...]  # Host pids of its direct members.
    memory_limit: int | None  # bytes
    memory_usage: int | None  # bytes
    memory_oom_kills: int | None
    cpu_quota: float | None  # Share of one CPU: 0.2 is 20 %.
    cpu_throttled: int | None  # periods
    cpu_usage: int | None  # nanoseconds
    pids_max: int | None
    pids_current: int | None
    pids_hits: int | None
    frozen: bool | None


@dataclass(frozen=True, slots=True)
class Socket:
    """A listening or connected socket of one network namespace."""

    family: str  # tcp tcp6 udp udp6 unix
    local: str  # address or path
    port: int  # 0 for unix
    state: str  # LISTEN, ESTABLISHED, ...
    inode: int
    owners: tuple[int, ...] = ()  # Of a listening one: host pids that hold it open, at most 16.


@dataclass(frozen=True, slots=True)
class Link:
    """A network device of one network namespace."""

    index: int
    name: str
    kind: str  # loopback veth bridge ...
    up: bool
    master: int  # ifindex, 0 without
    peer: int  # ifindex of the other end, 0 without
    addresses: tuple[str, ...]  # "10.0.0.2/24"
    carrier: bool = False  # Both ends are up: a frame could pass.
    peer_namespace: int = 0  # Network namespace of the other end, 0 without or out of sight.


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a network namespace; local, broadcast and multicast ones are left out."""

    kind: str  # unicast blackhole unreachable prohibit throw
    to: str  # "10.0.0.0/24" or "default"
    via: str  # gateway, "" on the link itself
    device: str  # name, "" without
    metric: int
    table: int  # 254 is main
    source: str  # preferred source address, "" without


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the kernel says of one container at one moment."""

    container: str  # full id
    init: int  # host pid of the container's first process
    taken: float  # seconds, CLOCK_MONOTONIC of the engine's host
    processes: tuple[Process, ...]
    mounts: dict[int, tuple[Mount, ...]]  # by mount namespace
    hostnames: dict[int, str]  # by UTS namespace
    cgroups: tuple[Cgroup, ...]
    sockets: dict[int, tuple[Socket, ...]]  # by network namespace
    links: dict[int, tuple[Link, ...]]  # by network namespace
    routes: dict[int, tuple[Route, ...]]  # by network namespace
    features: tuple[str, ...]  # what this host can tell: cgroup.memory cgroup.pids cgroup.cpu ...


# What `POST /terrarium/containers/ID/look` answers for one asked path; never follows a link out of
# the process's own root (openat2 RESOLVE_IN_ROOT|NO_MAGICLINKS), never blocks on a FIFO or device.
@dataclass(frozen=True, slots=True)
class Look:
    """One question about a path as one process sees it."""

    pid: int
    start: int  # Process.start, so that a recycled pid is refused.
    path: str  # absolute, within the process's root
    want: str  # "stat" | "bytes" (≤ 1 MiB) | "names" (directory) | "size", "tree" | "xattrs"


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer to a Look."""

    exists: bool
    kind: str  # file dir symlink char block fifo socket, "" when absent
    mode: int
    uid: int  # host ids
    gid: int
    size: int
    rdev: str  # "major:minor" of a device, "" otherwise
    link: str  # target of a symlink
    data: str  # base64, for want=bytes
    names: tuple[str, ...]  # for want=names, xattrs (name, value, ...) and tree (manifests.py)
    error: str  # "" or what prevented an answer (gone, too large, not a directory, ...)
