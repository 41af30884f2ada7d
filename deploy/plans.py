"""`python -m deploy.plans`: write content/plans/*.txt, the engine's plans that lessons show.

A test holds the files equal to what the engine computes, so a lesson cannot drift from the code.
"""

from __future__ import annotations

import sys
import textwrap
from dataclasses import fields
from enum import IntFlag
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine.plan import LAB, ahead, launch_plan
from sandbox.engine.spec import LaunchSpec, Limits
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.kernel.cgroups.hierarchy import Hierarchy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.boot.plan import Plan
    from sandbox.boot.steps import Step

PLANS = Path(__file__).resolve().parent.parent / "content" / "plans"
WIDTH = 96
CONTROLLERS = frozenset({"memory", "pids", "cpu"})
HOST = Hierarchies((Hierarchy(2, CONTROLLERS, "", "/sys/fs/cgroup"),))


def texts() -> dict[str, str]:
    """Every plan's text by the name of its file."""
    profiles = ("plain", "cgroup")
    return {f"lab-{profile}": "".join(_printed(_plan(profile))) for profile in profiles}


def _plan(profile: str) -> Plan:
    """The plan of a lab on a host with cgroup v2; the names are stand-ins."""
    spec = LaunchSpec(
        id="ID",
        directory="/state/ID",
        socket="/run/ID.sock",
        runtime=LAB,
        profile=profile,
        layers=("/layers/lab",),
        args=("/bin/bash", "-l"),
        env=("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"),
        cwd="/root",
        user="",
        hostname="lab",
        tty=True,
        open_stdin=True,
        stdin_once=False,
        id_base=100_000,
        cgroup="terrarium/ID",
        limits=Limits(512 << 20, 256, 1.0),
        disk=1 << 30,
        seccomp="lab",
    )
    return launch_plan(spec)


def _printed(plan: Plan) -> Iterator[str]:
    first = ahead(HOST, "/run/stage")
    yield from _part("Ahead of time, by real root, in a mount namespace of its own", first.stage)
    inside = "the pid, network, ipc and cgroup namespaces of the lab to be"
    yield from _part(f"Ahead of time, by real root, inside {inside}", first.within)
    yield f"\n# Limits that the lab cannot lift\n{_shown(plan.fence)}\n"
    yield from _part("By real root, in that mount namespace", plan.root)
    yield f"\n# By the lab's own first process\n{_shown(plan.program)}\n"


def _part(meaning: str, steps: tuple[Step, ...]) -> Iterator[str]:
    yield f"\n# {meaning}\n"
    for step in steps:
        yield f"{_shown(step)}\n"


def _shown(step: Any) -> str:  # noqa: ANN401 - any dataclass
    """Its repr, with what is empty left out, and modes and masks as people write them."""
    given = {field.name: getattr(step, field.name) for field in fields(step)}
    said = [
        f"{name}={_value(name, value)}" for name, value in given.items() if value not in ("", 0)
    ]
    line = f"{type(step).__name__}({', '.join(said)})"
    return textwrap.fill(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _value(name: str, value: object) -> str:
    if isinstance(value, IntFlag):
        return value.name or "0"
    if name == "mode":
        return f"0o{value:o}"
    if name == "capabilities":
        return f"0x{value:x}"
    return repr(value)


def main() -> int:
    """Write the files that differ; 0."""
    for name, text in texts().items():
        path = PLANS / f"{name}.txt"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
