"""An installation of its own for tests: engine and web as deployed, in a directory that goes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import installation, lab_image, unixhttp, webfiles
from deploy.installation import Installation
from tests import witness
from tests.witness import settled

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

USER = "terrarium"
CACHE = lab_image.ROOT / ".cache"


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Process:
    """One of the two parts; started, killed and started again by tests."""

    argv: list[str]
    env: Mapping[str, str]
    log: Path
    answers: tuple[str, str, int | Path]  # target, host, port; or target, "", socket
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers. Raises AssertionError with its last words."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.argv,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        settled(lambda: self.answering() or self._dead(), within=60)
        assert self.answering(), self.log.read_text(errors="replace")[-4000:]

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(number)
            try:
                self.child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise

    def answering(self) -> bool:
        """Whether it answers now."""
        target, host, place = self.answers
        asked = (
            unixhttp.unix("GET", target, place)
            if isinstance(place, Path)
            else unixhttp.tcp("GET", target, host, place)
        )
        return _apart(asked)[0] == HTTPStatus.OK

    def _dead(self) -> bool:
        return self.child is None or self.child.poll() is not None


@dataclass(slots=True)
class Running:
    """A whole installation. Use as a context manager."""

    settings: dict[str, str] = field(default_factory=dict)
    here: Installation = field(init=False)
    engine: Process = field(init=False)
    web: Process = field(init=False)

    def __post_init__(self) -> None:
        state = Path(tempfile.mkdtemp(prefix="tt-", dir="/var/tmp"))
        state.chmod(0o755)
        self.here = Installation(state, state / "run", "127.0.0.1", free_port(), USER)
        env = {**self.here.environment(), **self.settings}
        ping = ("/_ping", "", self.here.engine_socket)
        healthz = ("/healthz", self.here.host, self.here.port)
        self.engine = Process(self.here.engine_argv(), env, state / "engine.log", ping)
        self.web = Process(self.here.web_argv(), env, state / "web.log", healthz)

    @property
    def url(self) -> str:
        """The site's address, without a slash at the end."""
        return self.here.address.rstrip("/")

    def __enter__(self) -> Running:
        with ExitStack() as undo:
            undo.callback(self.__exit__)
            installation.make_directories(self.here)
            lab_image.add(lab_image.build(CACHE), self.here.state)
            self.engine.start()
            undo.pop_all()  # From here on it is the caller's to leave.
        return self

    def serve(self) -> None:
        """The web process too."""
        webfiles.bring_up_to_date(self.here)
        self.web.start()

    def labs(self) -> list[dict[str, Any]]:
        """Every container of the engine, as `docker ps -a` would list them."""
        _, body = self.api("GET", "/containers/json?all=1")
        return list(json.loads(body or "[]"))

    def api(self, method: str, target: str) -> tuple[int, str]:
        """One request to the whole Docker API."""
        return _apart(unixhttp.unix(method, target, self.here.engine_socket))

    def __exit__(self, *_: object) -> None:
        self.web.end()
        for lab in self.labs():
            self.api("DELETE", f"/containers/{lab['Id']}?force=1")
        self.engine.end()
        for top in witness.tops(witness.key_of(self.here.state / "engine")):
            with suppress(FileNotFoundError):  # Two names of one hierarchy.
                top.rmdir()
        shutil.rmtree(self.here.state)


def _apart(asked: Coroutine[Any, Any, tuple[int, str]]) -> tuple[int, str]:
    """The answer, from a thread of its own: a browser under test runs a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()
