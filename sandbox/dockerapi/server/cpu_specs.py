"""--cpus, --cpu-period, --cpu-quota and --cpu-shares of POST /containers/create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dockerapi.server.fields import number
from sandbox.engine.errors import BadParameter

_PERIODS = range(1_000, 1_000_001)  # microseconds
_LEAST_QUOTA = 1_000  # microseconds
_LEAST_SHARES, _MOST_SHARES = 2, 1 << 18


def processor(host: Mapping[str, Any]) -> dict[str, Any]:
    """Of a HostConfig, as fields of our own. Raises BadParameter with dockerd's texts."""
    nano, period, quota = (number(host, name) for name in ("NanoCpus", "CpuPeriod", "CpuQuota"))
    if nano > 0 and period > 0:
        raise BadParameter("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if nano > 0 and quota > 0:
        raise BadParameter("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    if period and period not in _PERIODS:
        raise BadParameter(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
        )
    if 0 < quota < _LEAST_QUOTA:
        raise BadParameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    shares = number(host, "CpuShares")
    if shares and not _LEAST_SHARES <= shares <= _MOST_SHARES:
        raise BadParameter(f"CPU shares are from {_LEAST_SHARES} to {_MOST_SHARES}")
    return {"nano_cpus": nano, "cpu_period": period, "cpu_quota": quota, "cpu_shares": shares}
