"""What dockerd would act on and we cannot, each with its reason: refused by name, never dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dockerapi.server.fields import number, text
from sandbox.engine.errors import BadParameter, NotOffered

# HostConfig's fields that we do not act on, with the values that ask for nothing.
_NOTHING: tuple[object, ...] = (None, "", 0, False, [], {})
_REASONS = {
    "Links": "links are not available: containers of one network find each other by name",
    "Devices": "host devices are never given to a container",
    "DeviceRequests": "host devices are never given to a container",
    "DeviceCgroupRules": "host devices are never given to a container",
    "Privileged": "every container runs in a user namespace of its own",
    "UsernsMode": "every container has a user namespace of its own",
    "Cgroup": "containers do not share cgroups",
    "CgroupParent": "the engine places control groups itself, before it knows whose they will be",
    "OomKillDisable": "the out-of-memory killer stays on",
    "MemoryReservation": "only hard memory limits are available",
    "KernelMemoryTCP": "only the memory limit is available",
    "CpuRealtimePeriod": "only --cpus is available",
    "CpuRealtimeRuntime": "only --cpus is available",
    "CpusetCpus": "only --cpus is available",
    "CpusetMems": "only --cpus is available",
    "BlkioWeight": "disk limits are not available",
    "BlkioWeightDevice": "disk limits are not available",
    "BlkioDeviceReadBps": "disk limits are not available",
    "BlkioDeviceWriteBps": "disk limits are not available",
    "BlkioDeviceReadIOps": "disk limits are not available",
    "BlkioDeviceWriteIOps": "disk limits are not available",
}


def check_update(body: Mapping[str, Any]) -> None:
    """Of a running container. Raises NotOffered, BadParameter."""
    check_host(body)
    for name in ("CpuShares", "CpuPeriod", "CpuQuota"):
        if body.get(name) not in _NOTHING:
            raise NotOffered(f"{name}: of a container that is there, only --cpus is changed")


def check_host(host: Mapping[str, Any]) -> None:
    """Of its HostConfig. Raises NotOffered, BadParameter."""
    for name, reason in _REASONS.items():
        if host.get(name) not in _NOTHING:
            raise NotOffered(f"HostConfig.{name}: {reason}")
    isolation = text(host, "Isolation")
    if isolation not in ("", "default"):
        raise BadParameter(f"Invalid isolation: \"{isolation}\" - linux only supports 'default'")
    _namespaces(host)
    _memory(host)


def _namespaces(host: Mapping[str, Any]) -> None:
    if text(host, "IpcMode") not in ("", "private", "shareable"):
        raise NotOffered(
            "HostConfig.IpcMode: only 'private' is available: every container has ids of its own, "
            "and what belongs to another's is closed to it"
        )
    if text(host, "CgroupnsMode") not in ("", "private"):
        raise NotOffered("HostConfig.CgroupnsMode: only 'private' is available")


def _memory(host: Mapping[str, Any]) -> None:
    if host.get("MemorySwap") not in (0, None, -1, host.get("Memory"), 2 * number(host, "Memory")):
        raise NotOffered("HostConfig.MemorySwap: swap limits are not available")
    if host.get("MemorySwappiness") not in (None, -1):
        raise NotOffered("HostConfig.MemorySwappiness: swap limits are not available")
