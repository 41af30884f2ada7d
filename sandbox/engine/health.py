"""Whether this engine can do its work, part by part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine.create import find_image
from sandbox.engine.errors import EngineError

if TYPE_CHECKING:
    from sandbox.engine.host import Host

LAB_IMAGE = "terrarium/lab:latest"
_LEAST_FREE = 2 << 30  # bytes: room for two labs
Check = dict[str, str]


def report(host: Host) -> dict[str, Any]:
    """{"status": "pass" | "fail", "checks": {name: {"status", "detail"}}}."""
    checks = {
        "disk": _disk(host.paths.state),
        "image": _image(host),
        "zygote": _zygote(host),
        "kernel": _kernel(host),
    }
    passed = all(check["status"] == "pass" for check in checks.values())
    return {"status": "pass" if passed else "fail", "checks": checks}


def _disk(state: Path) -> Check:
    found = os.statvfs(state)
    free = found.f_bavail * found.f_frsize
    return _check(f"{free >> 20} MB free", good=free >= _LEAST_FREE)


def _image(host: Host) -> Check:
    try:
        return _check(find_image(host, LAB_IMAGE).id, good=True)
    except EngineError as error:
        return _check(f"{error}: deploy/run builds it", good=False)


def _zygote(host: Host) -> Check:
    alive = host.launcher.alive
    return _check(
        "answers" if alive else "is not there, and starts with the next container", good=True
    )


def _kernel(host: Host) -> Check:
    return _check(host.broken_facts or "every fact holds", good=not host.broken_facts)


def _check(detail: str, *, good: bool) -> Check:
    return {"status": "pass" if good else "fail", "detail": detail}
