"""What is known of one container: asked for at creation, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from sandbox.engine.clock import NEVER
from sandbox.engine.endpoint import Endpoint, Published
from sandbox.engine.mountpoints import MountPoint
from sandbox.engine.restarts import RestartPolicy
from sandbox.engine.spec import DEFAULT_SHM
from sandbox.engine.state import Event, State, after
from sandbox.image.healthcheck import Healthcheck

DEFAULT_RUNTIME = "terrarium"
LAB_RUNTIME = "lab"
DEFAULT_STOP_SIGNAL = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Config:
    """Docker's Config: the program, with the image's defaults filled in."""

    image: str  # As the creator named it.
    cmd: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    labels: dict[str, str] | None = None
    hostname: str = ""
    domainname: str = ""
    user: str = ""
    cwd: str = ""
    tty: bool = False
    open_stdin: bool = False
    stdin_once: bool = False
    attached: tuple[str, ...] = ()  # Of "stdin", "stdout", "stderr": what the creator will attach.
    stop_signal: str = ""
    stop_timeout: int | None = None  # seconds
    exposed: tuple[str, ...] = ()  # "80/tcp"
    hardware: str = ""  # --mac-address of old clients.
    healthcheck: Healthcheck | None = None
    volumes: tuple[str, ...] = ()  # Destinations of anonymous volumes, the image's too.

    @property
    def args(self) -> tuple[str, ...]:
        """The whole command line."""
        return self.entrypoint + self.cmd


@dataclass(frozen=True, slots=True)
class HostConfig:
    """Docker's HostConfig, as far as we have it."""

    runtime: str = DEFAULT_RUNTIME
    memory: int = 0  # bytes, 0 is no limit
    nano_cpus: int = 0
    cpu_period: int = 0  # microseconds, 0 is the kernel's 100,000
    cpu_quota: int = 0  # microseconds of each period, 0 and less are no limit
    cpu_shares: int = 0  # Of 1024, beside containers that want as much; 0 is 1024.
    pids_limit: int = 0  # 0 and -1 are no limit
    disk: int = 0  # bytes; labs only
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    read_only: bool = False
    auto_remove: bool = False
    restart_policy: str = RestartPolicy.NO
    restart_limit: int = 0  # Of on-failure; 0 is none.
    init: bool | None = None  # None where nobody said.
    groups: tuple[str, ...] = ()  # --group-add
    ulimits: tuple[dict[str, Any], ...] | None = None  # Docker's: Name, Soft, Hard.
    shm_size: int = DEFAULT_SHM  # bytes
    oom_score: int = 0
    sysctls: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    pid_mode: str = ""  # "container:ID"
    uts_mode: str = ""  # "host"
    network_mode: str = "default"
    bindings: dict[str, list[dict[str, Any]]] | None = None  # PortBindings
    publish_all: bool = False
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()  # This and the next three as they were asked for.
    mounts: tuple[dict[str, Any], ...] = ()
    tmpfs: dict[str, str] | None = None
    volumes_from: tuple[str, ...] = ()
    log_driver: str = "json-file"
    log_options: tuple[tuple[str, str], ...] = ()
    console_size: tuple[int, int] = (0, 0)  # rows, columns


@dataclass(frozen=True, slots=True)
class Status:
    """What became of it; every change is written to disk before anybody hears of it."""

    state: State = State.CREATED
    pid: int = 0  # of the first process, the host's number
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    health: str = ""  # findings.Health; "" without a check.
    started_at: str = NEVER
    finished_at: str = NEVER
    boot: str = ""  # boot_id of the host when it was last started
    restart_count: int = 0  # By its policy, since it was last started by hand.
    stopped_by_hand: bool = False  # Somebody sent it a signal since it was last started.
    cgroup: str = ""  # Where it was last started: "terrarium-KEY/NAME".


@dataclass(frozen=True, slots=True)
class Record:
    """One container."""

    id: str
    name: str
    created: str
    image_id: str
    config: Config
    host: HostConfig
    id_range: int
    status: Status = Status()
    mounts: tuple[MountPoint, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    published: tuple[Published, ...] = ()  # While it runs.

    @property
    def profile(self) -> str:
        """Which kind of lab; labs only."""
        return (self.config.labels or {}).get("terrarium.profile", "plain")

    def moved(self, event: Event, **changes: object) -> Self:
        """The record after event, with further changes of its status. Raises WrongState."""
        state = after(self.status.state, event)
        return replace(self, status=replace(self.status, state=state, **changes))  # type: ignore[arg-type]  # names are Status's

    def noted(self, **changes: object) -> Self:
        """The record with changes of its status other than the state."""
        return replace(self, status=replace(self.status, **changes))  # type: ignore[arg-type]  # names are Status's
