"""From a record to what the launcher is told, and from its failures to Docker's words."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from sandbox.engine import cgroups, ids, log_options, security, ulimits
from sandbox.engine.create import find_image
from sandbox.engine.errors import EngineError, NoRoom, NotStartable, StartFailed
from sandbox.engine.record import LAB_RUNTIME
from sandbox.engine.shim import ExecFailed
from sandbox.engine.spec import ExecSpec, LaunchSpec, Limits
from sandbox.kernel.credentials import CAP

if TYPE_CHECKING:
    from sandbox.engine.container import Exec
    from sandbox.engine.host import Host
    from sandbox.engine.launch import LaunchFailed
    from sandbox.engine.record import HostConfig, Record

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Docker's default set.
CAPABILITIES = (
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
)
EXEC_STEP = "exec"  # As boot names its last step, the program's own execve,
CWD_STEP = "working directory"  # the one before it,
USER_STEP = "user"  # and the search for --user in the container's passwd.
_NANO = 1_000_000_000
_PERIOD = 100_000  # microseconds, the kernel's own
_CREATE = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    "runc create failed: unable to start container process: "
)
_EXEC = "OCI runtime exec failed: exec failed: unable to start container process: "
_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.ENOMEM: "there is no memory left",
    errno.EAGAIN: "there are too many processes",
    errno.EMFILE: "there are too many open files",
    errno.ENFILE: "there are too many open files",
}
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


def launch_spec(host: Host, record: Record) -> LaunchSpec:
    """Everything decided, nothing done. Raises NoSuchImage when the image has gone meanwhile."""
    image = find_image(host, record.image_id)
    config, limits = record.config, record.host
    lab = limits.runtime == LAB_RUNTIME
    return LaunchSpec(
        id=record.id,
        directory=str(host.store.directory_of(record.id)),
        socket=str(host.paths.shim(record.id)),
        runtime="lab" if lab else "default",
        profile=record.profile if lab else "plain",
        layers=tuple(str(layer) for layer in host.images.layers(image)),
        args=config.args,
        env=environment(record, tty=config.tty),
        cwd=config.cwd,
        user=config.user,
        hostname=config.hostname,
        tty=config.tty,
        open_stdin=config.open_stdin,
        stdin_once=config.stdin_once,
        id_base=ids.base(record.id_range),
        cgroup=cgroups.name_of(host.paths.key, record),
        limits=_limits(limits),
        disk=limits.disk,
        capabilities=() if lab else capabilities(limits),
        seccomp="lab" if lab else security.seccomp(limits.security_opt),
        no_new_privileges=security.no_new_privileges(limits.security_opt),
        init=host.init if limits.init else "",
        groups=limits.groups,
        rlimits=tuple(ulimits.rlimit(one) for one in limits.ulimits or ()),
        shm_size=limits.shm_size,
        oom_score=limits.oom_score,
        uts=limits.uts_mode,
        read_only=limits.read_only,
        throwaway=limits.auto_remove,
        log=log_options.settled(record),
        console_size=limits.console_size,
    )


def _limits(limits: HostConfig) -> Limits:
    share = limits.nano_cpus / _NANO
    if not share and limits.cpu_quota > 0:
        share = limits.cpu_quota / (limits.cpu_period or _PERIOD)
    return Limits(
        limits.memory, max(limits.pids_limit, 0), share, limits.cpu_period, limits.cpu_shares
    )


def exec_spec(record: Record, instance: Exec) -> ExecSpec:
    """A further program: the container's environment under its own."""
    config = instance.config
    own = {line.partition("=")[0] for line in config.env}
    inherited = environment(record, tty=config.tty)
    return ExecSpec(
        session=instance.id,
        args=config.args,
        env=config.env + tuple(e for e in inherited if e.partition("=")[0] not in own),
        cwd=config.cwd or record.config.cwd,
        user=config.user or record.config.user,
        tty=config.tty,
        stdin=config.stdin,
        console_size=config.console_size,
    )


def environment(record: Record, *, tty: bool) -> tuple[str, ...]:
    """Docker's additions, PATH and HOSTNAME and with a terminal TERM, unless they are given."""
    given = record.config.env
    names = {line.partition("=")[0] for line in given}
    added = [PATH, f"HOSTNAME={record.config.hostname}", *(["TERM=xterm"] if tty else [])]
    return (*(line for line in added if line.partition("=")[0] not in names), *given)


def capabilities(limits: HostConfig) -> tuple[str, ...]:
    """The default set with --cap-add and --cap-drop: ALL is every one there is."""
    add = {name.removeprefix("CAP_") for name in limits.cap_add}
    drop = {name.removeprefix("CAP_") for name in limits.cap_drop}
    everything = set(CAP.__members__)
    kept = everything if "ALL" in add else set(CAPABILITIES)
    kept = add & everything if "ALL" in drop else (kept | add & everything) - drop
    return tuple(name for name in CAP.__members__ if name in kept)


def understood(failed: LaunchFailed, record: Record) -> EngineError:
    """A failed launch as an error with Docker's text."""
    if failed.step == USER_STEP:
        return StartFailed(failed.detail)
    if failed.step == CWD_STEP and failed.errno == errno.ENOTDIR:
        return StartFailed(f"Cannot mkdir: {record.config.cwd} is not a directory")
    if failed.step == EXEC_STEP:
        code = _NOT_FOUND if failed.errno == errno.ENOENT else _NOT_EXECUTABLE
        return NotStartable(_CREATE + _runcs(failed.errno, failed.detail), code)
    if failed.errno in _NO_ROOM:
        reason = _NO_ROOM[failed.errno]
        return NoRoom(f"{reason}: remove containers that you do not need ({failed.step})")
    return StartFailed(
        f"failed to create container {record.id[:12]}: {failed.step}: {failed.detail}"
    )


def check_directory(spec: ExecSpec) -> None:
    """Raises ExecFailed for a working directory that Docker does not take."""
    if spec.cwd and not spec.cwd.startswith("/"):
        raise ExecFailed(CWD_STEP, 0, "Cwd must be an absolute path")


def exec_text(failed: ExecFailed, cwd: str) -> str:
    """A failed exec in Docker's words."""
    if failed.detail.startswith("unable to find"):
        return failed.detail
    if failed.step == CWD_STEP and failed.errno:
        reason = os.strerror(failed.errno).lower()
        return f'{_EXEC}chdir to cwd ("{cwd}") set in config.json failed: {reason}: unknown'
    if failed.step == CWD_STEP:
        return f"OCI runtime exec failed: exec failed: {failed.detail}: unknown"
    return _EXEC + _runcs(failed.errno, failed.detail)


def _runcs(number: int, detail: str) -> str:
    """What runc and containerd make of the failure of a program's own start."""
    text = detail.removeprefix(f"[Errno {number}] ")
    return f"{text}: unknown" + (": permission denied" if text.endswith("is a directory") else "")
