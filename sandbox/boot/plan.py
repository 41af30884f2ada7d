"""What is done for a container, in two halves, and its form on the wire.

Ahead is the half that is the same for every container of an engine: it is done before anybody asks
for one. Its `stage` is performed by real root in a mount namespace of its own, its `within` by real
root that has joined the pid, network, ipc and cgroup namespaces of the first process to be.
Plan is the rest: `root` is performed by real root again, and `program` by the first process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.boot import links, mounts, steps
from sandbox.boot.program import Program

Json = dict[str, Any]
BOX = "box"


@dataclass(frozen=True, slots=True)
class Ahead:
    """What every container has; paths are below the stage."""

    # The ids that the middle namespace maps to themselves: that of its only process, and after it
    # those of all containers.
    ids: range
    # A directory of the host, covered in the shim's own mount namespace only.
    place: str
    stage: tuple[steps.Step, ...]
    within: tuple[steps.Step, ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """The control groups and their limits; 0 is no limit."""

    outer: str  # Below each hierarchy's root: "terrarium-KEY/NAME". Carries the limits.
    memory: int = 0  # bytes
    pids: int = 0
    cpu: float = 0.0  # Share of one CPU.
    period: int = 0  # microseconds over which that is reckoned
    shares: int = 0  # Of 1024, beside others who want as much.
    owner: int = 0  # Host id that the box is delegated to; 0, nobody.

    @property
    def group(self) -> str:
        """The group to run in."""
        return f"{self.outer}/{BOX}"


@dataclass(frozen=True, slots=True)
class Shared:
    """Namespaces that are not a container's own: a file to join, "host" for the shim's, or ""."""

    network: str = ""
    pids: str = ""
    uts: str = ""

    def flag(self, kind: str, flag: int) -> int:
        """clone(2)'s flag for a namespace of its own."""
        return 0 if getattr(self, kind) else flag

    def files(self) -> tuple[str, ...]:
        """Those to join."""
        every = (self.network, self.pids, self.uts)
        return tuple(one for one in every if one.startswith("/"))


NOTHING_SHARED = Shared()


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, in this order."""

    users: tuple[tuple[str, int], ...]  # user.max_* of the limiter namespace
    id_base: int
    fence: Fence
    root: tuple[steps.Step, ...]
    hostname: str  # "" where it is somebody else's.
    oom_score: int
    program: Program
    shared: Shared = NOTHING_SHARED
    wires: tuple[steps.Step, ...] = ()  # In the first process's net, ipc and uts.


def encode_ahead(ahead: Ahead) -> Json:
    """JSON values."""
    return {
        "ids": [ahead.ids.start, ahead.ids.stop],
        "place": ahead.place,
        "stage": [_encode_step(step) for step in ahead.stage],
        "within": [_encode_step(step) for step in ahead.within],
    }


def decode_ahead(said: Json) -> Ahead:
    """The inverse of encode_ahead."""
    return Ahead(
        ids=range(*said["ids"]),
        place=said["place"],
        stage=tuple(_decode_step(step) for step in said["stage"]),
        within=tuple(_decode_step(step) for step in said["within"]),
    )


def encode_steps(those: tuple[steps.Step, ...]) -> list[list[Any]]:
    """JSON values."""
    return [_encode_step(step) for step in those]


def decode_steps(said: Iterable[Any]) -> tuple[steps.Step, ...]:
    """The inverse of encode_steps."""
    return tuple(_decode_step(step) for step in said)


def encode(plan: Plan) -> Json:
    """JSON values; tuples become lists."""
    return {
        "users": plan.users,
        "id_base": plan.id_base,
        "fence": asdict(plan.fence),
        "root": [_encode_step(step) for step in plan.root],
        "hostname": plan.hostname,
        "oom_score": plan.oom_score,
        "program": asdict(plan.program),
        "shared": asdict(plan.shared),
        "wires": [_encode_step(step) for step in plan.wires],
    }


def decode(said: Json) -> Plan:
    """The inverse of encode; the sender is the engine, so a mistake is ours and may fly."""
    return Plan(
        users=tuple((name, value) for name, value in said["users"]),
        id_base=said["id_base"],
        fence=Fence(**said["fence"]),
        root=tuple(_decode_step(step) for step in said["root"]),
        hostname=said["hostname"],
        oom_score=said["oom_score"],
        program=decode_program(said["program"]),
        shared=Shared(**said["shared"]),
        wires=tuple(_decode_step(step) for step in said["wires"]),
    )


def decode_program(said: Json) -> Program:
    """A Program from its JSON form."""
    return Program(**{key: _frozen(value) for key, value in said.items()})


def _encode_step(step: steps.Step) -> list[Any]:
    values = [getattr(step, one.name) for one in fields(step)]  # type: ignore[arg-type]  # every step is a dataclass
    return [type(step).__name__, *values]


def _decode_step(said: list[Any]) -> steps.Step:
    home = next(one for one in (steps, mounts, links) if hasattr(one, said[0]))
    kind: type[steps.Step] = getattr(home, said[0])
    return kind(*(_frozen(value) for value in said[1:]))


def _frozen(value: Any) -> Any:  # noqa: ANN401 JSON
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
