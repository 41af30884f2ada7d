"""--restart of POST /containers/create, with dockerd's texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dockerapi.server.fields import mapping, number, text
from sandbox.engine.errors import BadParameter
from sandbox.engine.restarts import RestartPolicy

_BAD = "invalid restart policy: "


def policy(host: Mapping[str, Any]) -> tuple[RestartPolicy, int]:
    """Of a HostConfig: the policy, and after how many restarts it ends. Raises BadParameter."""
    said = mapping(host, "RestartPolicy")
    name, most = text(said, "Name"), number(said, "MaximumRetryCount")
    if not name:
        return RestartPolicy.NO, 0
    if name not in set(RestartPolicy):
        raise BadParameter(
            f"{_BAD}unknown policy '{name}'; "
            "use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )
    chosen = RestartPolicy(name)
    if chosen is not RestartPolicy.ON_FAILURE and most:
        worse = " and cannot be negative" if most < 0 else ""
        raise BadParameter(f"{_BAD}maximum retry count can only be used with 'on-failure'{worse}")
    if most < 0:
        raise BadParameter(f"{_BAD}maximum retry count cannot be negative")
    if host.get("AutoRemove") and chosen is not RestartPolicy.NO:
        raise BadParameter("can't create 'AutoRemove' container with restart policy")
    return chosen, most
