"""What the web process finds on disk before it starts: tables, and the collected browser files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from deploy.confine import CHECKOUT
from deploy.installation import CannotServe

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.installation import Installation

SOURCES = ("course/static", "sandbox/terminal/static", "deploy/assets/dist")


def bring_up_to_date(here: Installation) -> None:
    """Migrate, and collect when something changed. Raises CannotServe."""
    _manage(here, "database: migrations", "migrate", "--no-input", "--verbosity", "0")
    stamp = here.web / "static.digest"
    wanted = digest([CHECKOUT / source for source in SOURCES])
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    _manage(here, "browser files: collect and compress", "collectstatic", "--no-input", "-v", "0")
    stamp.write_text(wanted, encoding="ascii")


def digest(directories: list[Path]) -> str:
    """One digest of the names and contents of all files below these directories."""
    told = hashlib.sha256()
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                told.update(f"{path.relative_to(directory)}\0".encode())
                told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()


def _manage(here: Installation, text: str, *arguments: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()
    argv = here.web_argv("manage.py", *arguments)
    environment = {**os.environ, **here.environment()}
    done = subprocess.run(argv, env=environment, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise CannotServe(f"manage.py {arguments[0]} failed; its reason is above")
