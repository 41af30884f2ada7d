"""`docker top`: the host's ps, and of its answer what belongs to the container."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.engine import cgroups
from sandbox.engine.attach import check_not_resting
from sandbox.engine.errors import NotRunning, Unanswerable

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

DEFAULT_ARGUMENTS = "-ef"
PATIENCE = 10.0  # seconds for ps
_PS = "ps"
# A column that calls itself PID and shows something else; dockerd's own rule.
_RENAMED = re.compile(r"\s+(\w*)=\s*(PID[^\s]*)")
_SPACES = re.compile("[\t\n\f\r ]+")


@dataclass(frozen=True, slots=True)
class Table:
    """What ps says of a container."""

    titles: list[str]
    rows: list[list[str]]


async def table(host: Host, container: Container, arguments: str) -> Table:
    """ps with these arguments. Raises NotRunning, WrongState, Unanswerable."""
    arguments = arguments or DEFAULT_ARGUMENTS
    for name, title in _RENAMED.findall(arguments):
        if name != "pid":
            raise Unanswerable(f'specifying "{name}={title}" is not allowed')
    if not container.active:
        raise NotRunning(container.id)
    check_not_resting(container)
    group = cgroups.box_of(host.paths.key, container.record)
    pids = await asyncio.to_thread(group.processes)
    words = arguments.split(" ")
    said = await _ps(*words, "-q" + ",".join(map(str, pids)))
    if isinstance(said, PsFailed):  # Some options, such as f, do not go with -q.
        said = await _ps(*words)
    if isinstance(said, PsFailed):
        raise Unanswerable(f"ps: {said.reason}")
    found = parsed(said, frozenset(pids))
    host.tell(container, "top")
    return found


@dataclass(frozen=True, slots=True)
class PsFailed:
    """Why it would not."""

    reason: str


async def _ps(*arguments: str) -> str | PsFailed:
    try:
        process = await asyncio.create_subprocess_exec(
            _PS,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError:
        return PsFailed(f'exec: "{_PS}": executable file not found in $PATH')
    try:
        async with asyncio.timeout(PATIENCE):
            out, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return PsFailed(f"no answer within {PATIENCE:.0f} seconds")
    if process.returncode:
        first = errors.decode(errors="replace").partition("\n")[0]
        return PsFailed(first or f"exit status {process.returncode}")
    return out.decode(errors="replace")


def parsed(said: str, pids: frozenset[int]) -> Table:
    """The rows of these processes, and of their threads (option m). Raises Unanswerable."""
    head, *lines = said.split("\n")
    titles = _fields(head)
    if "PID" not in titles:
        raise Unanswerable("Couldn't find PID field in ps output")
    place, width = titles.index("PID"), len(titles)
    rows: list[list[str]] = []
    ours = False
    for line in lines:
        fields = _fields(line)
        if len(fields) <= place:
            continue
        number = fields[place]
        if number != "-":  # Of a thread; it belongs to the process above it.
            if not number.isdecimal():
                raise Unanswerable(f"Unexpected pid '{number}'")
            ours = int(number) in pids
        if ours:
            rows.append([*fields[: width - 1], " ".join(fields[width - 1 :])])
    return Table(titles, rows)


def _fields(line: str) -> list[str]:
    return [field for field in _SPACES.split(line) if field]
