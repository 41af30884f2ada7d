"""Exec instances on disk, so that a new engine knows the terminals that an earlier one opened.

Not synced: they matter as long as the container runs, and that ends with the host's power.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sandbox.engine.container import Exec, ExecConfig, ExecState

if TYPE_CHECKING:
    from sandbox.engine.container import Container
    from sandbox.engine.host import Host
    from sandbox.engine.shim import Shim

FILE = "execs.json"


def remember(host: Host, container: Container) -> None:
    """Write down the instances of a running container."""
    known = [
        {"id": e.id, "config": asdict(e.config), "state": e.state, "exit_code": e.exit_code}
        for e in container.execs.values()
    ]
    file = host.store.directory_of(container.id) / FILE
    part = file.with_suffix(".part")
    part.write_text(json.dumps(known))
    part.rename(file)


def recall(host: Host, container: Container, shim: Shim) -> None:
    """Read them again; the shim knows what became of them meanwhile."""
    file = host.store.directory_of(container.id) / FILE
    try:
        known = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return
    sessions = {session.id: session for session in shim.sessions}
    for entry in known:
        instance = Exec(str(entry["id"]), _config(entry["config"]))
        if session := sessions.get(instance.id):
            instance.pid = session.pid
            instance.state = ExecState.RUNNING if session.running else ExecState.EXITED
            instance.exit_code = None if session.running else session.exit_code
        elif entry["state"] != ExecState.CREATED:
            instance.state, instance.exit_code = ExecState.EXITED, entry["exit_code"]
        container.execs[instance.id] = instance


def _config(known: dict[str, Any]) -> ExecConfig:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items()
    }
    return ExecConfig(**values)
