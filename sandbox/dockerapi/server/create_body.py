"""POST /containers/create: Docker's JSON into closed types.

Fields that dockerd would act on and we cannot are refused by name, never dropped in silence; fields
that nobody knows are ignored, as dockerd does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dockerapi.server import (
    cpu_specs,
    health_specs,
    mount_specs,
    network_specs,
    process_specs,
    refused,
    restart_specs,
)
from sandbox.dockerapi.server.fields import mapping, number, strings, text
from sandbox.engine import log_options, security, signals
from sandbox.engine.create import Wishes
from sandbox.engine.errors import BadParameter, NotOffered
from sandbox.engine.quantities import in_bytes
from sandbox.engine.record import DEFAULT_RUNTIME, LAB_RUNTIME, Config, HostConfig
from sandbox.kernel.credentials import CAP


def parsed(body: Mapping[str, Any]) -> tuple[Config, HostConfig, Wishes]:
    """What to create. Raises BadParameter, NotOffered."""
    host = mapping(body, "HostConfig")
    limits = _host_config(host)
    network_specs.check_shared(body)
    wishes = Wishes(mount_specs.wishes(host), network_specs.endpoints(body))
    return _config(body), limits, wishes


def _config(body: Mapping[str, Any]) -> Config:
    streams = ("stdin", "stdout", "stderr")
    stop = text(body, "StopSignal")
    if stop:
        _valid(signals.number, stop)
    cwd = text(body, "WorkingDir")
    if cwd and not cwd.startswith("/"):
        raise BadParameter(
            f"the working directory '{cwd}' is invalid, it needs to be an absolute path"
        )
    return Config(
        image=text(body, "Image"),
        cmd=strings(body, "Cmd"),
        entrypoint=strings(body, "Entrypoint"),
        env=environment(body),
        labels={str(k): str(v) for k, v in mapping(body, "Labels").items()},
        hostname=text(body, "Hostname"),
        domainname=text(body, "Domainname"),
        user=text(body, "User"),
        cwd=cwd,
        tty=bool(body.get("Tty")),
        open_stdin=bool(body.get("OpenStdin")),
        stdin_once=bool(body.get("StdinOnce")),
        attached=tuple(s for s in streams if body.get(f"Attach{s.capitalize()}")),
        healthcheck=health_specs.healthcheck(body),
        stop_signal=stop,
        stop_timeout=body.get("StopTimeout") if body.get("StopTimeout") is not None else None,
        exposed=network_specs.exposed(body),
        hardware=text(body, "MacAddress").lower(),
        volumes=mount_specs.anonymous(body),
    )


def _host_config(host: Mapping[str, Any]) -> HostConfig:
    refused.check_host(host)
    restart_policy, restart_limit = restart_specs.policy(host)
    runtime = text(host, "Runtime") or DEFAULT_RUNTIME
    if runtime not in (DEFAULT_RUNTIME, LAB_RUNTIME):
        raise BadParameter(f"unknown or invalid runtime name: {runtime}")
    return HostConfig(
        runtime=runtime,
        memory=number(host, "Memory"),
        **cpu_specs.processor(host),
        pids_limit=number(host, "PidsLimit"),
        disk=_disk(mapping(host, "StorageOpt"), runtime),
        cap_add=_capabilities(host, "CapAdd"),
        cap_drop=_capabilities(host, "CapDrop"),
        security_opt=_security(strings(host, "SecurityOpt")),
        **process_specs.process(host),
        read_only=bool(host.get("ReadonlyRootfs")),
        auto_remove=bool(host.get("AutoRemove")),
        restart_policy=restart_policy,
        restart_limit=restart_limit,
        network_mode=text(host, "NetworkMode") or "default",
        bindings=network_specs.bindings(host),
        publish_all=bool(host.get("PublishAllPorts")),
        dns=strings(host, "Dns"),
        dns_options=strings(host, "DnsOptions"),
        dns_search=strings(host, "DnsSearch"),
        extra_hosts=network_specs.extra_hosts(host),
        binds=strings(host, "Binds"),
        mounts=mount_specs.mount_list(host),
        tmpfs={str(path): str(how) for path, how in mapping(host, "Tmpfs").items()} or None,
        volumes_from=strings(host, "VolumesFrom"),
        log_driver=text(mapping(host, "LogConfig"), "Type") or log_options.JSON_FILE,
        log_options=_log_options(mapping(host, "LogConfig")),
        console_size=size_pair(host.get("ConsoleSize")),
    )


def _disk(options: Mapping[str, Any], runtime: str) -> int:
    others = set(options) - {"size"}
    if others or (options and runtime != LAB_RUNTIME):
        raise NotOffered("HostConfig.StorageOpt: only size, and only for runtime 'lab'")
    try:
        return in_bytes(str(options["size"])) if options else 0
    except ValueError as error:
        raise BadParameter(str(error)) from None


def _capabilities(host: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = []
    for given in strings(host, field):
        short = given.upper().removeprefix("CAP_")
        name = short if short == "ALL" else f"CAP_{short}"
        if name != "ALL" and name.removeprefix("CAP_") not in CAP.__members__:
            raise BadParameter(f'invalid {field}: unknown capability: "{name}"')
        found.append(name)
    return tuple(found)


def _security(options: tuple[str, ...]) -> tuple[str, ...]:
    security.check(options)
    return options


def _log_options(log: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    options = {str(name): str(value) for name, value in mapping(log, "Config").items()}
    log_options.checked(text(log, "Type"), options)
    return tuple(options.items())


def environment(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Env; a name without = is a removal in Docker and is dropped. Raises BadParameter."""
    lines = strings(body, "Env")
    for line in lines:
        if line.startswith("=") or not line:
            raise BadParameter(f"invalid environment variable: {line}")
    return tuple(line for line in lines if "=" in line)


def size_pair(value: object) -> tuple[int, int]:
    """[rows, columns], (0, 0) where nothing usable is given."""
    match value:
        case [int(rows), int(columns)] if rows > 0 and columns > 0:
            return rows, columns
        case _:
            return 0, 0


def _valid(check: Callable[[str], object], given: str) -> None:
    try:
        check(given)
    except ValueError as error:
        raise BadParameter(str(error)) from None
