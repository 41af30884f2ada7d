"""Transcripts: what people type, with what Docker's own daemon answers, in text files.

A file of sessions/ holds sessions, each below a line `### what it shows`. A line `$ COMMAND` is a
shell command whose DOCKER_HOST is the engine's; `$T` is a directory of the session's own, `$NS`
puts a command into the engine's network namespace, `$COMPOSE` is Compose with compose.yaml. What
follows is its standard output, `2> ` before each line of standard error, and `-> N` for an exit
status other than 0. What no two runs have in common (ids, times, addresses of hardware,
directories) stands there as <id 1>, <time>...

`python -m tests.contract.transcripts FILE` writes the answers of the reference into the file: an
expectation is never ours.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.contract import engines, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.engines import Engine

DIRECTORY = Path(__file__).with_name("sessions")
APPLICATION = Path(__file__).with_name("compose.yaml")
SECONDS = "20"  # For one command: what hangs shall show up as what it is.
_ID = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4} \w+|Z|[+-]\d\d:\d\d)?")
_HARDWARE = re.compile(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b")


@dataclass(frozen=True, slots=True)
class Session:
    """Commands that belong together, and the answers as the file has them."""

    title: str
    commands: tuple[str, ...]
    text: str


class Plain:
    """Takes out of one session's output what no two runs have in common."""

    def __init__(self, directory: str, root: str) -> None:
        self._ids: list[str] = []
        self._places = {directory: "<T>", root: "<root>"}

    def __call__(self, text: str) -> str:
        for place, name in self._places.items():
            text = text.replace(place, name)
        text = _TIME.sub("<time>", text)
        text = _HARDWARE.sub("<hardware>", text)
        return _ID.sub(self._numbered, text)

    def _numbered(self, found: re.Match[str]) -> str:
        """A short id is the start of a long one that was seen, or will be."""
        whole = found[0]
        for number, known in enumerate(self._ids, 1):
            if known.startswith(whole) or whole.startswith(known):
                return f"<id {number}>"
        self._ids.append(whole)
        return f"<id {len(self._ids)}>"


def sessions(file: Path) -> list[Session]:
    """The sessions of a file."""
    found = []
    for part in file.read_text().split("### ")[1:]:
        title, _, text = part.partition("\n")
        lines = text.rstrip("\n").split("\n")
        commands = tuple(line[2:] for line in lines if line.startswith("$ "))
        found.append(Session(title, commands, "\n".join(lines)))
    return found


def performed(engine: Engine, session: Session) -> str:
    """The session's text as this engine makes it."""
    root = engine.ask("info", "-f", "{{.DockerRootDir}}")
    with tempfile.TemporaryDirectory(prefix="session-") as directory:
        own = {"DOCKER_HOST": f"unix://{engine.socket}", "T": directory, "NS": engine.enter}
        if "$COMPOSE" in session.text:
            own["COMPOSE"] = f"{reference.compose()} -f {APPLICATION}"
        plain = Plain(directory, root)
        return "\n".join(_lines(session, {**os.environ, **own}, plain))


def _lines(session: Session, environment: dict[str, str], plain: Plain) -> Iterator[str]:
    for command in session.commands:
        yield f"$ {command}"
        limited = ["timeout", "--signal=KILL", SECONDS, "sh", "-c", command]
        done = subprocess.run(limited, env=environment, capture_output=True, text=True, check=False)
        yield from plain(done.stdout).rstrip("\n").split("\n") if done.stdout else ()
        errors = plain(done.stderr).rstrip("\n").split("\n") if done.stderr else []
        yield from (f"2> {line}".rstrip() for line in errors)
        if done.returncode:
            yield f"-> {done.returncode}"


def tidy(engine: Engine) -> None:
    """Nothing of an earlier session may show up in the next."""
    for listing, removal in (
        ("ps -aq", "rm -fv"),
        ("volume ls -q", "volume rm -f"),
        ("network ls -q --filter type=custom", "network rm"),
    ):
        if names := engine.docker(*listing.split()).stdout.decode().split():
            engine.docker(*removal.split(), *names)


def _record(files: list[Path]) -> None:
    with tempfile.TemporaryDirectory(prefix="r") as directory:
        tar = engines.busybox_tar(Path(directory) / "box.tar")
        with engines.dockerd(Path(directory), tar) as engine:
            for file in files:
                text = []
                for session in sessions(file):
                    tidy(engine)
                    text.append(f"### {session.title}\n{performed(engine, session)}\n")
                file.write_text("\n".join(text))


if __name__ == "__main__":
    _record([Path(name) for name in sys.argv[1:]] or sorted(DIRECTORY.glob("*.txt")))
