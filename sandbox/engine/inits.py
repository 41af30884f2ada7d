"""The small init that --init puts before a container's program."""

from __future__ import annotations

import shutil

# Static programs only: a container has no libraries for them.
NAMES = ("docker-init", "tini-static")
MISSING = (
    "HostConfig.Init: this server has neither docker-init nor tini-static: install the package "
    "tini, or name a static init with the engine's option --init-path"
)


def find() -> str:
    """Its path on the host, "" where there is none."""
    return next(filter(None, (shutil.which(name) for name in NAMES)), "")
