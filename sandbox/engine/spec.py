"""What the launcher needs to know of a container, with every default already decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.engine.mountpoints import MountPoint

DEFAULT_SHM = 64 << 20  # bytes; what a spare has already.


@dataclass(frozen=True, slots=True)
class Limits:
    """0 is no limit."""

    memory: int = 0  # bytes
    pids: int = 0
    cpu: float = 0.0  # Share of one CPU.
    period: int = 0  # microseconds over which that is reckoned
    shares: int = 0  # Of 1024, beside others who want as much.


@dataclass(frozen=True, slots=True)
class Link:
    """One device of a container, and the bridge that it leads to."""

    name: str  # Our end.
    bridge: str
    device: str
    hardware: str
    address: str
    prefix: int
    gateway: str  # "": no default route through this one.
    mtu: int = 0


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """What a container sees of networks; by default loopback alone."""

    join: str = ""  # A namespace file, "host", or "" for a namespace of its own.
    links: tuple[Link, ...] = ()
    files: str = ""  # The directory of its hosts, hostname and resolv.conf; "": plain ones.
    resolver: str = ""  # Its socket, where the container asks it for names.
    hidden: tuple[str, ...] = ()  # Of these files: over which something else is mounted.


@dataclass(frozen=True, slots=True)
class LogSpec:
    """How output is kept."""

    size: int  # bytes of log.json before another one is begun; 0 is no limit.
    files: int = 1  # Which are kept, log.json and older ones.
    attributes: dict[str, str] = field(default_factory=dict)  # Of every entry.


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """A container about to be started. Directories and ids exist and are owned by the caller."""

    id: str
    directory: str  # Holds log.json, exit.json and, by runtime, disk.img or diff/ and work/.
    socket: str  # The shim's control socket; shorter than 108 bytes.
    runtime: str  # "lab" or "default"
    profile: str  # "plain", "cgroup": labs only
    layers: tuple[str, ...]  # Directories, lowest first.
    args: tuple[str, ...]
    env: tuple[str, ...]  # "NAME=value"
    cwd: str  # "" is "/".
    user: str  # "", "name", "uid", "name:group", "uid:gid"
    hostname: str
    tty: bool
    open_stdin: bool
    stdin_once: bool
    id_base: int  # First of the 65,536 host ids of this container alone.
    cgroup: str = ""  # Below each hierarchy's root: "terrarium-KEY/NAME"; the launcher's choice.
    limits: Limits = Limits()
    disk: int = 0  # bytes of the lab's preallocated disk
    capabilities: tuple[str, ...] = ()  # "CHOWN", ...; labs have all.
    seccomp: str = "default"  # "lab", "default", "unconfined"
    no_new_privileges: bool = False
    init: str = ""  # A static program of the host's to be the first process; "" for none.
    groups: tuple[str, ...] = ()  # Further ones of the program, names or numbers.
    rlimits: tuple[tuple[int, int, int], ...] = ()  # RLIMIT_*, soft, hard; -1 is none.
    shm_size: int = DEFAULT_SHM  # bytes
    oom_score: int = 0
    sysctls: tuple[tuple[str, str], ...] = ()  # "net/core/somaxconn" and its value
    read_only: bool = False
    mounts: tuple[MountPoint, ...] = ()  # From the root downwards.
    network: NetworkSpec = NetworkSpec()
    pids: str = ""  # A pid namespace's file to join.
    uts: str = ""  # "host" to have the host's name.
    throwaway: bool = False  # What it writes goes with it: `docker run --rm`.
    log: LogSpec | None = LogSpec(1 << 20, files=2)
    console_size: tuple[int, int] = (0, 0)  # rows, columns


@dataclass(frozen=True, slots=True)
class ExecSpec:
    """One more process for a running container."""

    session: str  # The exec id.
    args: tuple[str, ...]
    env: tuple[str, ...]
    cwd: str
    user: str
    tty: bool
    stdin: bool
    console_size: tuple[int, int] = (0, 0)  # rows, columns
