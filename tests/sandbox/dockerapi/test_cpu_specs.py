"""--cpus, --cpu-period, --cpu-quota and --cpu-shares."""

from __future__ import annotations

import pytest

from sandbox.dockerapi.server import cpu_specs, refused
from sandbox.engine.errors import BadParameter, NotOffered


def test_what_is_asked_for_is_kept():
    asked = {"CpuPeriod": 50_000, "CpuQuota": 25_000, "CpuShares": 512}
    kept = {"nano_cpus": 0, "cpu_period": 50_000, "cpu_quota": 25_000, "cpu_shares": 512}
    assert cpu_specs.processor(asked) == kept
    assert cpu_specs.processor({"CpuQuota": -1})["cpu_quota"] == -1


@pytest.mark.parametrize(
    "asked",
    [
        {"NanoCpus": 1, "CpuPeriod": 50_000},
        {"NanoCpus": 1, "CpuQuota": 50_000},
        {"CpuPeriod": 999},
        {"CpuPeriod": 1_000_001},
        {"CpuQuota": 999},
        {"CpuShares": 1},
    ],
)
def test_what_the_kernel_would_refuse_is_refused_before(asked):
    with pytest.raises(BadParameter):
        cpu_specs.processor(asked)


def test_a_container_that_is_there_keeps_its_shares():
    with pytest.raises(NotOffered, match="CpuShares"):
        refused.check_update({"CpuShares": 512})
