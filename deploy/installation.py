"""Where one installation keeps its things, who owns them, and how its two processes are started."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.environment import WILDCARDS, own_addresses, run_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_STATE = "/var/lib/terrarium"
# One terminal frame of ours is at most 64 KiB; a megabyte leaves room to refuse with a reason.
LARGEST_MESSAGE = 1 << 20


class CannotServe(Exception):
    """Something that the operator has to change; the message says what and how."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The directories and the address; STATE/engine is root's, STATE/web the web user's."""

    state: Path
    run: Path
    host: str
    port: int
    user: str

    @property
    def web(self) -> Path:
        """Database, secret key, collected files for the browser; also the web user's home."""
        return self.state / "web"

    @property
    def engine_socket(self) -> Path:
        """The whole Docker API: root only."""
        return self.run / "engine.sock"

    @property
    def address(self) -> str:
        """What to type into a browser: on this machine, or with a wildcard on another one too."""
        if self.host in WILDCARDS:
            return f"http://{next(iter(own_addresses()), 'localhost')}:{self.port}/"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def environment(self) -> dict[str, str]:
        """What both processes read; everything else of ours comes from the operator."""
        return {
            "DJANGO_SETTINGS_MODULE": "deploy.settings",
            "TERRARIUM_STATE": str(self.state),
            "TERRARIUM_RUN": str(self.run),
            "TERRARIUM_HOST": self.host,
            "TERRARIUM_PORT": str(self.port),
        }

    def engine_argv(self) -> list[str]:
        """The engine, as root; it ends when its parent is gone, however that went."""
        return [
            *("/usr/bin/setpriv", "--pdeathsig", "TERM", "--"),
            sys.executable,
            "-m",
            "deploy.engine",
            *("--state", str(self.state), "--run", str(self.run)),
            *("--socket", str(self.engine_socket), "--group", self.user),
            *([] if os.environ.get("TERRARIUM_TRUST_LEARNERS") == "1" else ["--strangers"]),
        ]

    def web_argv(self, *program: str) -> list[str]:
        """A program of the checkout as the web user; without arguments, the web process."""
        served = program or (
            *("-m", "deploy.web", "--bind", self.host, "--port", str(self.port)),
            *("--verbosity", "0"),
            # A terminal is open for hours; the default ends it after a day.
            *("--websocket_timeout", "-1"),
            *("--websocket-max-message-size", str(LARGEST_MESSAGE)),
            *("--websocket-max-frame-size", str(LARGEST_MESSAGE)),
            *shlex.split(os.environ.get("TERRARIUM_DAPHNE_OPTIONS", "")),
            "deploy.asgi:application",
        )
        at = self.run / "checkout"
        confined = ("--user", self.user, "--at", str(at), "--home", str(self.web))
        return [sys.executable, "-m", "deploy.confine", *confined, "--", *served]


def configured(env: Mapping[str, str]) -> Installation:
    """From the environment. Raises CannotServe."""
    state = Path(env.get("TERRARIUM_STATE") or DEFAULT_STATE).absolute()
    port = env.get("TERRARIUM_PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise CannotServe(f"port {port!r}: give a number from 1 to 65535")
    return Installation(
        state=state,
        run=run_directory(env, state).absolute(),
        host=env.get("TERRARIUM_HOST") or "127.0.0.1",
        port=int(port),
        user=env.get("TERRARIUM_USER") or "terrarium",
    )


def make_directories(here: Installation) -> None:
    """The directories with their owners. Raises CannotServe when the web user is shut out."""
    user = _user(here.user)
    for path, mode in ((here.state, 0o755), (here.run, 0o755), (here.run / "checkout", 0o755)):
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    for path, owner in ((here.state / "engine", 0), (here.web, user.pw_uid)):
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
        os.chown(path, owner, user.pw_gid if owner else 0)
    for path in {*here.web.parents, *(here.run / "checkout").parents}:
        # The web user is none of the owners: it gets in by the others' search bit.
        if not path.stat().st_mode & 0o001:
            raise CannotServe(
                f"{path} lets only its owner in, and the web process runs as {here.user}: "
                f"choose another --state, or chmod o+x {path}"
            )


def _user(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise CannotServe(
            f"there is no user {name}: useradd --system --no-create-home {name}"
        ) from None
