"""A container as Docker shows it: `docker inspect` and a row of `docker ps`."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Any

from sandbox.dockerapi.server import network_views, status_text
from sandbox.engine.clock import nanoseconds
from sandbox.engine.logs import FILE
from sandbox.engine.record import LAB_RUNTIME
from sandbox.engine.state import State
from sandbox.engine.volumes import DRIVER

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.container import Container, Exec
    from sandbox.engine.mountpoints import MountPoint
    from sandbox.engine.record import Config, HostConfig, Record

# fmt: off
# What Docker shows of fields that no container of ours has.
_UNSET = (
    "Links", "Devices", "DeviceCgroupRules", "DeviceRequests",
)
_EMPTY = (
    "ContainerIDFile", "VolumeDriver", "Cgroup", "UsernsMode", "Isolation",
    "CgroupParent", "CpusetCpus", "CpusetMems",
)
_ZERO = (
    "BlkioWeight", "MemorySwap",
    "CpuRealtimePeriod", "CpuRealtimeRuntime", "MemoryReservation",
)
# fmt: on


def inspected(container: Container, directory: Path, *, short_ids: bool) -> dict[str, Any]:
    """GET /containers/NAME/json. short_ids: as clients before API 1.45 find them among aliases."""
    record = container.record
    args = record.config.args
    return {
        "Id": record.id,
        "Created": record.created,
        "Path": args[0],
        "Args": list(args[1:]),
        "State": _state(container),
        "Image": record.image_id,
        **_files(record, directory),
        "LogPath": str(directory / FILE),
        "Name": f"/{record.name}",
        "RestartCount": record.status.restart_count,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": [e.id for e in container.execs.values() if e.exit_code is None] or None,
        "HostConfig": _host_config(record.host),
        "GraphDriver": {"Data": None, "Name": "overlay2"},
        "Mounts": [_mount(point) for point in record.mounts],
        "Config": _config(record.config),
        "NetworkSettings": network_views.settings(record, short_ids=short_ids),
    }


def _files(record: Record, directory: Path) -> dict[str, str]:
    names = {"ResolvConfPath": "resolv.conf", "HostnamePath": "hostname", "HostsPath": "hosts"}
    if record.host.runtime == LAB_RUNTIME:
        return dict.fromkeys(names, "")
    return {shown: str(directory / name) for shown, name in names.items()}


def listed(container: Container) -> dict[str, Any]:
    """One element of GET /containers/json."""
    record = container.record
    return {
        "Id": record.id,
        "Names": [f"/{record.name}"],
        "Image": record.config.image,
        "ImageID": record.image_id,
        "Command": shlex.join(record.config.args),
        "Created": nanoseconds(record.created) // status_text.SECOND,
        "Ports": network_views.row_ports(record),
        "Labels": record.config.labels or {},
        "State": str(record.status.state),
        "Status": status_text.shown(record.status, now=time.time_ns()),
        "HostConfig": {"NetworkMode": _network(record.host)},
        "NetworkSettings": {"Networks": network_views.networks(record)},
        "Mounts": [_mount(point) for point in record.mounts],
    }


def executed(container: Container, instance: Exec) -> dict[str, Any]:
    """GET /exec/ID/json."""
    config = instance.config
    process = {"tty": config.tty, "entrypoint": config.args[0], "arguments": [*config.args[1:]]}
    process["privileged"] = False
    if config.user:
        process["user"] = config.user
    return {
        "ID": instance.id,
        "Running": instance.state == "running",
        "ExitCode": instance.exit_code,
        "ProcessConfig": process,
        "OpenStdin": config.stdin,
        "OpenStderr": config.stderr,
        "OpenStdout": config.stdout,
        "CanRemove": False,
        "ContainerID": container.id,
        "DetachKeys": "",
        "Pid": instance.pid,
    }


def _state(container: Container) -> dict[str, Any]:
    status = container.record.status
    health = {"Health": _health(container)} if status.health else {}
    return {
        "Status": str(status.state),
        "Running": container.active,
        "Paused": container.paused,
        "Restarting": status.state is State.RESTARTING,
        "OOMKilled": status.oom_killed,
        "Dead": status.state is State.DEAD,
        "Pid": status.pid,
        "ExitCode": status.exit_code,
        "Error": status.error,
        "StartedAt": status.started_at,
        "FinishedAt": status.finished_at,
        **health,
    }


def _health(container: Container) -> dict[str, Any]:
    found = [
        {"Start": one.start, "End": one.end, "ExitCode": one.exit_code, "Output": one.output}
        for one in container.checkup.findings
    ]
    streak = container.checkup.streak
    return {"Status": container.record.status.health, "FailingStreak": streak, "Log": found}


def _config(config: Config) -> dict[str, Any]:
    shown = {
        "Hostname": config.hostname,
        "Domainname": config.domainname,
        "User": config.user,
        "AttachStdin": "stdin" in config.attached,
        "AttachStdout": "stdout" in config.attached,
        "AttachStderr": "stderr" in config.attached,
        "Tty": config.tty,
        "OpenStdin": config.open_stdin,
        "StdinOnce": config.stdin_once,
        "Env": list(config.env),
        "Cmd": list(config.cmd) or None,
        "Image": config.image,
        "Volumes": {path: {} for path in config.volumes} or None,
        "WorkingDir": config.cwd,
        "Entrypoint": list(config.entrypoint) or None,
        "OnBuild": None,
        "Labels": config.labels or {},
    }
    if config.exposed:
        shown["ExposedPorts"] = {port: {} for port in sorted(config.exposed)}
    if config.hardware:
        shown["MacAddress"] = config.hardware
    if config.healthcheck:
        shown["Healthcheck"] = config.healthcheck.shown()
    if config.stop_signal:
        shown["StopSignal"] = config.stop_signal
    if config.stop_timeout is not None:
        shown["StopTimeout"] = config.stop_timeout
    return shown


def _host_config(host: HostConfig) -> dict[str, Any]:
    return {
        **dict.fromkeys(_UNSET),
        **dict.fromkeys(_EMPTY, ""),
        **dict.fromkeys(_ZERO, 0),
        "LogConfig": {"Type": host.log_driver, "Config": dict(host.log_options)},
        "CpuShares": host.cpu_shares,
        "CpuPeriod": host.cpu_period,
        "CpuQuota": host.cpu_quota,
        "NetworkMode": _network(host),
        **_asked_mounts(host),
        "RestartPolicy": {
            "Name": host.restart_policy,
            "MaximumRetryCount": host.restart_limit,
        },
        "AutoRemove": host.auto_remove,
        "ConsoleSize": list(host.console_size),
        "CapAdd": list(host.cap_add) or None,
        "CapDrop": list(host.cap_drop) or None,
        "CgroupnsMode": "private",
        "IpcMode": "private",
        "Privileged": False,
        "PortBindings": host.bindings,
        "PublishAllPorts": host.publish_all,
        "Dns": list(host.dns),
        "DnsOptions": list(host.dns_options),
        "DnsSearch": list(host.dns_search),
        "ExtraHosts": list(host.extra_hosts) or None,
        "ReadonlyRootfs": host.read_only,
        "SecurityOpt": list(host.security_opt) or None,
        "StorageOpt": {"size": str(host.disk)} if host.disk else None,
        **_process(host),
        "Runtime": host.runtime,
        "Memory": host.memory,
        "NanoCpus": host.nano_cpus,
        "MemorySwappiness": None,
        "OomKillDisable": False,
        "PidsLimit": host.pids_limit if host.pids_limit > 0 else None,
    }


def _process(host: HostConfig) -> dict[str, Any]:
    # Shown only where somebody asked for it.
    said = {"Init": host.init, "Sysctls": host.sysctls, "Annotations": host.annotations}
    return {
        "PidMode": host.pid_mode,
        "UTSMode": host.uts_mode,
        "ShmSize": host.shm_size,
        "GroupAdd": list(host.groups) or None,
        "Ulimits": None if host.ulimits is None else list(host.ulimits),
        "OomScoreAdj": host.oom_score,
        **{name: value for name, value in said.items() if value is not None},
    }


def _asked_mounts(host: HostConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {"Binds": list(host.binds) or None}
    shown["VolumesFrom"] = list(host.volumes_from) or None
    if host.mounts:
        shown["Mounts"] = list(host.mounts)
    if host.tmpfs:
        shown["Tmpfs"] = host.tmpfs
    return shown


def _mount(point: MountPoint) -> dict[str, Any]:
    shown = {
        "Type": str(point.kind),
        "Source": point.source,
        "Destination": point.destination,
        "Mode": point.mode,
        "RW": point.writable,
        "Propagation": point.propagation,
    }
    if point.name:
        shown |= {"Name": point.name, "Driver": DRIVER}
    return shown


def _network(host: HostConfig) -> str:
    return "bridge" if host.network_mode == "default" else host.network_mode
