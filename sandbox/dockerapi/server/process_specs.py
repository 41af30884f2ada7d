"""--init, --ulimit, --group-add, --shm-size, --sysctl and their like of POST /containers/create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dockerapi.server.fields import mapping, number, strings, text
from sandbox.engine import sysctls, ulimits
from sandbox.engine.errors import BadParameter, NotOffered
from sandbox.engine.network import CONTAINER, HOST
from sandbox.engine.spec import DEFAULT_SHM

_OOM_SCORES = range(-1000, 1001)


def process(host: Mapping[str, Any]) -> dict[str, Any]:
    """Of a HostConfig, as fields of our own. Raises BadParameter, NotOffered."""
    init = host.get("Init")
    return {
        "pid_mode": _pid_mode(host),
        "uts_mode": _uts_mode(host),
        "init": None if init is None else bool(init),
        "groups": strings(host, "GroupAdd"),
        "ulimits": _ulimits(host),
        "shm_size": _shm_size(host),
        "oom_score": _oom_score(host),
        "sysctls": _sysctls(host),
        "annotations": _texts(host, "Annotations"),
    }


def _pid_mode(host: Mapping[str, Any]) -> str:
    mode = text(host, "PidMode")
    if mode and not mode.startswith(CONTAINER):
        raise NotOffered(
            f"HostConfig.PidMode {mode!r}: available are a namespace of its own and container:ID"
        )
    return mode


def _uts_mode(host: Mapping[str, Any]) -> str:
    mode = text(host, "UTSMode")
    if mode not in ("", HOST):
        raise BadParameter(f"invalid UTS mode: {mode}")
    return mode


def _ulimits(host: Mapping[str, Any]) -> tuple[dict[str, Any], ...] | None:
    said = host.get("Ulimits")
    if said is None:
        return None
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise BadParameter("invalid JSON: Ulimits is not a list of objects")
    for one in said:
        ulimits.check(one)
    return tuple({name: one[name] for name in ("Name", "Hard", "Soft")} for one in said)


def _shm_size(host: Mapping[str, Any]) -> int:
    size = number(host, "ShmSize")
    if size < 0:
        raise BadParameter("SHM size can not be less than 0")
    return size or DEFAULT_SHM


def _oom_score(host: Mapping[str, Any]) -> int:
    score = number(host, "OomScoreAdj")
    if score not in _OOM_SCORES:
        raise BadParameter(f"Invalid value {score}, range for oom score adj is [-1000, 1000]")
    return score


def _sysctls(host: Mapping[str, Any]) -> dict[str, str] | None:
    said = _texts(host, "Sysctls")
    for name in said or ():
        sysctls.check(name)
    return said


def _texts(host: Mapping[str, Any], name: str) -> dict[str, str] | None:
    return {str(key): str(value) for key, value in mapping(host, name).items()} or None
