"""The condition language of exercise.yaml: probes and their composition (curriculum 3.3)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, field_validator, model_validator

from course.exercises.comparison import Expectation
from course.exercises.network import Datagram, Dns, Http, Net, Stream
from course.exercises.strict import Strict

NAMESPACES = ("mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time", "pid_for_children")
PROCESS_FIELDS = frozenset(
    (
        *("comm", "cmd", "exe", "root", "cwd", "state", "uid", "euid", "gid", "under", "is"),
        *("child_of", "descends_from", "nspid_last", "nspid_depth", "rss", "threads", "seccomp"),
        *("uid_map", "caps"),
    )
)
CGROUP_FIELDS = {
    "mem.limit": "memory_limit",
    "mem.usage": "memory_usage",
    "mem.oom_kills": "memory_oom_kills",
    "cpu.quota": "cpu_quota",
    "cpu.throttled": "cpu_throttled",
    "cpu.usage": "cpu_usage",
    "pids.max": "pids_max",
    "pids.current": "pids_current",
    "pids.hits": "pids_hits",
    "frozen": "frozen",
}
USAGE = "cpu.usage_pct"  # Between two looks: 100 is one CPU kept busy.
# In the schema so that authors can write ahead; judged as unavailable, with this reason.
LATER = {
    "ctr": "the lab's own engine",
    "img": "the lab's own engine",
    "vol": "the lab's own engine",
    "net_obj": "the lab's own engine",
    "layers": "the lab's own image store",
    "reg": "the class registry",
    "event": "the event journal",
}


class Proc(Strict):
    """Some process of the lab for which every predicate of `where` holds."""

    bind: str | None = Field(default=None, alias="as", pattern=r"^[a-z][a-z0-9_]*$")
    where: dict[str, Expectation] = Field(default={})
    count: Expectation | None = None

    @field_validator("where")
    @classmethod
    def _known(cls, where: dict[str, Expectation]) -> dict[str, Expectation]:
        for key, value in where.items():
            if key.startswith("ns."):
                if key[3:] not in NAMESPACES:
                    raise ValueError(f"{key}: no such namespace type")
                if not isinstance(value, str):
                    raise ValueError(f'{key}: write "x" for the same as x, "!x" for another than x')
            elif key not in PROCESS_FIELDS:
                raise ValueError(f"{key}: a process has no such field")
        return where


class Ns(Strict):
    """Two processes' namespaces of one type compared."""

    of: str
    type: Literal["mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time", "pid_for_children"]
    same_as: str | None = None
    differs_from: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Ns:
        if (self.same_as is None) == (self.differs_from is None):
            raise ValueError("write either same_as or differs_from")
        return self


class Uts(Strict):
    """The host name in a process's UTS namespace."""

    of: str = "init"
    hostname: Expectation


class MountOf(Strict):
    """A mount as one process's mount namespace shows it; `at` means the topmost one there."""

    of: str = "init"
    at: Expectation | None = None
    fstype: Expectation | None = None
    source: Expectation | None = None
    opt: str | None = None
    not_opt: str | None = None
    propagation: Literal["private", "shared", "slave", "unshared"] | None = None
    absent: bool = False


class File(Strict):
    """A path as one process sees it, never followed out of that process's root."""

    of: str = Field(default="init", alias="in")
    path: str = Field(pattern=r"^/|\{\{")
    exists: bool = True
    follow: bool = False  # A link is what it leads to, within the process's root.
    executable: bool | None = None
    type: Literal["file", "dir", "symlink", "char", "block", "fifo", "socket"] | None = None
    link: Expectation | None = None
    rdev: str | None = None
    mode: str | None = None
    uid: Expectation | None = None
    size: Expectation | None = None
    sha256: str | None = None
    equals: str | None = None
    contains: str | None = None
    lines: Expectation | None = None  # Neither blank nor only a comment.
    xattr: dict[str, str | bool] | None = Field(default=None, min_length=1, max_length=8)


class Leaf(Strict):
    """What an entry of a tree has to be; a text alone is a file's text."""

    text: str | None = None
    sha256: str | None = None
    link: str | None = None
    rdev: str | None = None  # "0:0" is overlayfs's whiteout.
    dir: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Leaf:
        if len(self.model_fields_set) != 1:
            raise ValueError("write one of text, sha256, link, rdev, dir")
        return self


class Tree(Strict):
    """A directory and all below it; directories on the way to a named entry need not be named."""

    of: str = Field(default="init", alias="in")
    path: str
    size: Expectation | None = None
    equals: Literal["baseline"] | dict[str, str | Leaf] | None = None
    ignore: tuple[str, ...] = Field(default=(), max_length=20)  # patterns of paths below it

    @model_validator(mode="after")
    def _comparable(self) -> Tree:
        if self.ignore and self.equals is None:
            raise ValueError("ignore says what equals leaves out; equals is missing")
        if self.equals == "baseline" and self.of != "init":
            raise ValueError("at the start there is only init: a baseline is of what it sees")
        return self


class Cg(Strict):
    """A control group of the lab: by its path below the lab's own, or the one a process is in."""

    of: str
    bind: str | None = Field(default=None, alias="as", pattern=r"^[a-z][a-z0-9_]*$")
    exists: bool = True
    where: dict[str, Expectation] = Field(default={})
    populated: bool | None = None

    @field_validator("where")
    @classmethod
    def _known(cls, where: dict[str, Expectation]) -> dict[str, Expectation]:
        for key in where:
            if key not in CGROUP_FIELDS and key != USAGE:
                raise ValueError(f"{key}: a control group has no such field")
        return where


class Procfs(Strict):
    """Whether a process's /proc shows its own pid namespace, or somebody else's."""

    of: str
    shows: Literal["own", "other"] = "own"


class Answer(Strict):
    """What the learner typed into the page, compared with a value computed now."""

    id: str
    equals: Expectation
    tolerance: float = 0.0


class Script(Strict):
    """The escape hatch: a Python file of the exercise, run by us in a locked process."""

    file: str = Field(pattern=r"^checks/[a-z0-9_]+\.py$")
    runs: Literal["observer", "sandbox"] = "observer"
    timeout: str = Field(default="10s", pattern=r"^\d+s$")


class Monitored(Strict):
    """What a monitor of `watch` has counted so far."""

    id: str
    good: Expectation | None = None
    bad: Expectation | None = None
    streak: Expectation | None = None  # good ones in a row, up to now

    @model_validator(mode="after")
    def _asks(self) -> Monitored:
        if (self.good, self.bad, self.streak) == (None, None, None):
            raise ValueError("write one of good, bad, streak")
        return self


Reaching = Http | Stream | Datagram | Dns
Probe = (
    Proc
    | Ns
    | Uts
    | MountOf
    | Net
    | File
    | Tree
    | Cg
    | Procfs
    | Reaching
    | Answer
    | Monitored
    | Script
)


class Condition(Strict):
    """Every key present must hold under the same bindings; `not` is judged after the others."""

    proc: Proc | None = None
    cg: Cg | None = None
    ns: Ns | None = None
    uts: Uts | None = None
    mount: MountOf | None = None
    procfs: Procfs | None = None
    net: Net | None = None
    file: File | None = None
    tree: Tree | None = None
    http: Http | None = None
    tcp: Stream | None = None
    udp: Datagram | None = None
    dns: Dns | None = None
    answer: Answer | None = None
    monitor: Monitored | None = None
    script: Script | None = None
    ctr: JsonValue | None = None
    img: JsonValue | None = None
    vol: JsonValue | None = None
    net_obj: JsonValue | None = None
    layers: JsonValue | None = None
    reg: JsonValue | None = None
    event: JsonValue | None = None
    when: Condition | None = None  # Tried first: what it binds, the other keys may name.
    each: tuple[Condition, ...] = Field(default=(), alias="all", max_length=20)
    some: tuple[Condition, ...] = Field(default=(), alias="any", max_length=20)
    negated: Condition | None = Field(default=None, alias="not")

    def probes(self) -> tuple[Probe, ...]:
        """The usable probes written here, cheap and binding ones first."""
        written = (
            self.proc, self.cg, self.ns, self.uts, self.mount, self.net,
            self.procfs, self.file, self.tree, self.http, self.tcp, self.udp, self.dns,
            self.answer, self.monitor, self.script,
        )  # fmt: skip
        return tuple(probe for probe in written if probe is not None)

    def later(self) -> tuple[str, ...]:
        """The names of probes written here that this version cannot judge yet."""
        return tuple(name for name in LATER if getattr(self, name) is not None)

    def empty(self) -> bool:
        """Whether nothing is asked at all."""
        return not (
            self.probes() or self.later() or self.each or self.some or self.when or self.negated
        )

    def within(self) -> tuple[Condition, ...]:
        """The conditions nested directly below this one."""
        single = tuple(one for one in (self.when, self.negated) if one is not None)
        return (*self.each, *self.some, *single)
