"""`python -m tests.postgres COMMAND...` runs a command beside a PostgreSQL of its own.

Debian's programs, a directory that is gone afterwards, a Unix socket and nothing else to reach it
by. The command finds it in TERRARIUM_DATABASE_URL.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.witness import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "postgres"  # The server refuses to run as root.


def programs() -> Path:
    """The directory of the newest installed server's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if not found:
        sys.exit("tests.postgres: install Debian's postgresql")
    return found[-1]


@contextmanager
def cluster() -> Iterator[str]:
    """A running server's URL."""
    with tempfile.TemporaryDirectory(prefix="tt-pg-", dir="/var/tmp") as work:
        shutil.chown(work, OWNER, OWNER)
        data = Path(work) / "data"
        initdb = [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-D",
            str(data),
        ]
        subprocess.run(
            _as_owner("initdb", *initdb), cwd=work, stdout=subprocess.DEVNULL, check=True
        )
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "logging_collector=off"]
        server = subprocess.Popen(
            _as_owner("postgres", "-D", str(data), "-k", work, *options),
            cwd=work,
            stderr=subprocess.DEVNULL,
        )
        try:
            socket = Path(work) / ".s.PGSQL.5432"
            if not settled(lambda: _accepts(work) or server.poll() is not None, within=30):
                raise TimeoutError(f"{socket} did not answer")
            yield f"postgres://{OWNER}@/postgres?host={quote(work, safe='')}"
        finally:
            server.send_signal(signal.SIGINT)  # Fast shutdown.
            server.wait(timeout=30)


def _accepts(work: str) -> bool:
    argv = _as_owner("pg_isready", "-q", "-h", work)
    return subprocess.run(argv, check=False).returncode == 0


def _as_owner(program: str, *arguments: str) -> list[str]:
    identity = [f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"]
    return ["/usr/bin/setpriv", *identity, "--", str(programs() / program), *arguments]


def main(command: list[str]) -> int:
    """Run command against a new cluster; its status."""
    with cluster() as url:
        environment = {**os.environ, "TERRARIUM_DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
