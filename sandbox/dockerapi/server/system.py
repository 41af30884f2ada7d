"""/_ping, /version, /info."""

from __future__ import annotations

import os
import platform
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server import versions
from sandbox.dockerapi.server.answers import Answer, Reply, as_json
from sandbox.engine import policy
from sandbox.engine.clock import rfc3339
from sandbox.engine.record import DEFAULT_RUNTIME, LAB_RUNTIME
from sandbox.engine.state import State

if TYPE_CHECKING:
    from sandbox.dockerapi.server.requests import Request
    from sandbox.engine.host import Host

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


async def ping(_host: Host, request: Request) -> Reply:
    """What every client asks first."""
    headers = {"Builder-Version": "1", "Swarm": "inactive", "Pragma": "no-cache"}
    headers["Cache-Control"] = "no-cache, no-store, must-revalidate"
    body = b"" if request.exchange.method == "HEAD" else b"OK"
    return Answer(HTTPStatus.OK, body, "text/plain; charset=utf-8", headers)


async def version(_host: Host, _request: Request) -> Reply:
    """`docker version`."""
    kernel, machine = platform.release(), platform.machine()
    arch = _ARCHITECTURES.get(machine, machine)
    highest, lowest = versions.text(versions.HIGHEST), versions.text(versions.LOWEST)
    details = {"ApiVersion": highest, "MinAPIVersion": lowest, "Arch": arch, "Os": "linux"}
    details |= {"KernelVersion": kernel, "Experimental": "false", "GitCommit": "", "GoVersion": ""}
    engine = {"Name": "Engine", "Version": versions.PRODUCT, "Details": details}
    python = {"Name": "python", "Version": platform.python_version(), "Details": {}}
    return as_json(
        {
            "Platform": {"Name": "Terrarium"},
            "Components": [engine, python],
            "Version": versions.PRODUCT,
            "ApiVersion": highest,
            "MinAPIVersion": lowest,
            "GitCommit": "",
            "GoVersion": "",
            "Os": "linux",
            "Arch": arch,
            "KernelVersion": kernel,
            "Experimental": False,
            "BuildTime": "",
        }
    )


async def info(host: Host, request: Request) -> Reply:
    """`docker info`."""
    seen = [c for c in host.containers.values() if policy.visible(request.policy, c)]
    states = [container.record.status.state for container in seen]
    running, paused = states.count(State.RUNNING), states.count(State.PAUSED)
    counts = {"Containers": len(states), "ContainersRunning": running, "ContainersPaused": paused}
    counts["ContainersStopped"] = len(states) - running - paused
    return as_json({"ID": host.paths.key, **counts, **_engine(host), **_machine()})


def _engine(host: Host) -> dict[str, Any]:
    runtimes: dict[str, Any] = {DEFAULT_RUNTIME: {"path": ""}, LAB_RUNTIME: {"path": ""}}
    return {
        "Images": len(host.images.every()),
        "Driver": "overlay2",
        "DriverStatus": [["Supports d_type", "true"], ["userxattr", "false"]],
        "Plugins": {
            "Volume": ["local"],
            "Network": ["bridge", "host", "null"],
            "Authorization": None,
            "Log": ["json-file"],
        },
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "Runtimes": runtimes,
        "DefaultRuntime": DEFAULT_RUNTIME,
        "Swarm": {"NodeID": "", "LocalNodeState": "inactive", "RemoteManagers": None},
        "LiveRestoreEnabled": True,
        "ExperimentalBuild": False,
        "ServerVersion": versions.PRODUCT,
        "DockerRootDir": str(host.paths.state / "engine"),
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": {"InsecureRegistryCIDRs": [], "IndexConfigs": {}, "Mirrors": None},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=userns", "name=cgroupns"],
        "InitBinary": os.path.basename(host.init),  # noqa: PTH119 - a name
        "Isolation": "",
        "Labels": [],
        "Warnings": [f"WARNING: {reason}" for reason in host.networks.warnings] or None,
    }


def _machine() -> dict[str, Any]:
    names = platform.freedesktop_os_release()
    return {
        "MemoryLimit": True,
        "SwapLimit": False,
        "CpuCfsPeriod": True,
        "CpuCfsQuota": True,
        "CPUShares": False,
        "CPUSet": False,
        "PidsLimit": True,
        "OomKillDisable": False,
        "IPv4Forwarding": False,
        "BridgeNfIptables": False,
        "BridgeNfIp6tables": False,
        "Debug": False,
        "CgroupVersion": "2" if os.path.exists("/sys/fs/cgroup/cgroup.procs") else "1",  # noqa: PTH110 - one stat
        "KernelVersion": platform.release(),
        "OperatingSystem": names.get("PRETTY_NAME", "Linux"),
        "OSVersion": names.get("VERSION_ID", ""),
        "OSType": "linux",
        "Architecture": platform.machine(),
        "NCPU": os.cpu_count() or 1,
        "MemTotal": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "Name": platform.node(),
        "SystemTime": rfc3339(time.time_ns()),
    }
