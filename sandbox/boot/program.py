"""The last steps before exec: whose process this is, what it may do, and what it runs."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import dataclass

from sandbox.boot.identity import Identity, resolve
from sandbox.boot.report import ProgramMissing, fail
from sandbox.kernel import seccomp
from sandbox.kernel.credentials import ambient_clear, bounding_drop, capset
from sandbox.kernel.process import CLOSE_RANGE, PR, close_range, prctl, setrlimit
from sandbox.kernel.pty import make_controlling

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ALL_CAPABILITIES = (1 << 41) - 1
# Not to be changed: KILL and STOP by the kernel, 32 and 33 by glibc.
UNTOUCHABLE = (signal.SIGKILL, signal.SIGSTOP, 32, 33)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and as whom; ids are the container's."""

    args: tuple[str, ...]
    env: tuple[str, ...]
    cwd: str
    user: str
    tty: bool
    stdin: bool
    capabilities: int = ALL_CAPABILITIES
    no_new_privileges: bool = False
    filtered: bool = True
    groups: tuple[str, ...] = ()  # Besides the user's own; names or numbers.
    makes_cwd: bool = True  # Docker does for a container, not for `docker exec`.
    rlimits: tuple[tuple[int, int, int], ...] = ()  # RLIMIT_*, soft, hard


def run(program: Program, *, streams: tuple[int, int, int], law: bytes, status: int) -> None:
    """Become the program, or report why not. Never returns.

    Preconditions: inside the container's namespaces and root, with uid 0 of its user namespace.
    streams become 0, 1 and 2; with a TTY they are one slave. law: the compiled system call filter.
    """
    step = "streams"
    try:
        os.setsid()
        _take_streams(streams, tty=program.tty)
        step = "user"
        identity = resolve(program.user, program.groups)
        environment = _environment(program, identity)
        step = "working directory"
        _enter(program.cwd or "/", identity, makes=program.makes_cwd)
        _reset_signals()
        os.umask(0o022)
        close_range(3, flags=CLOSE_RANGE.CLOEXEC)
        step = "resource limits"
        for number, soft, hard in program.rlimits:
            setrlimit(number, soft, hard)
        step = "privileges"
        _become(identity, program, law)
        step = "exec"
        _exec(program.args, environment)
    except (OSError, ValueError) as error:
        fail(status, step, error)


def _take_streams(streams: tuple[int, int, int], *, tty: bool) -> None:
    # Above 2 first, so that no source is overwritten before it was copied.
    raised = [os.dup(stream) if stream <= 2 else stream for stream in streams]  # noqa: PLR2004 stdio
    for number, source in enumerate(raised):
        os.dup2(source, number)
    if tty:
        make_controlling(0)


def _environment(program: Program, identity: Identity) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in program.env)
    given = {name: value for name, _, value in pairs}
    return {"PATH": DEFAULT_PATH, "HOME": identity.home, **given}


def _enter(path: str, identity: Identity, *, makes: bool) -> None:
    try:
        os.chdir(path)
    except FileNotFoundError:
        if not makes:
            raise
        os.makedirs(path, 0o755, exist_ok=True)  # noqa: PTH103 pathlib would be one more import
        os.chown(path, identity.uid, identity.gid)
        os.chdir(path)
    # ENOENT when the directory is not below the root: CVE-2024-21626 came in this way.
    os.getcwd()  # noqa: PTH109 the call itself is the check


def _reset_signals() -> None:
    # Python leaves SIGPIPE and SIGXFSZ ignored, a background start leaves SIGINT ignored.
    for number in range(1, signal.NSIG):
        if number not in UNTOUCHABLE:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _become(identity: Identity, program: Program, law: bytes) -> None:
    if program.no_new_privileges:
        prctl(PR.SET_NO_NEW_PRIVS, 1)
    if program.filtered:
        # Before the capabilities go: without no_new_privs it takes CAP_SYS_ADMIN.
        seccomp.install(law)
    for number in range(ALL_CAPABILITIES.bit_length()):
        if not program.capabilities >> number & 1:
            bounding_drop(number)
    ambient_clear()
    # As in Docker, the group of its own is among the supplementary ones, too.
    os.setgroups(list(dict.fromkeys((identity.gid, *identity.groups))))
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    if identity.uid == 0:
        capset(program.capabilities, program.capabilities, 0)
    # No Python of the host's may be read through /proc until exec has replaced it.
    prctl(PR.SET_DUMPABLE, 0)


def _exec(args: tuple[str, ...], environment: dict[str, str]) -> None:
    name = args[0]
    found = _find(name, environment["PATH"])
    try:
        os.execve(found, list(args), environment)  # noqa: S606 this is what a container is
    except OSError as error:
        words = (error.strerror or "").lower()
        raise ProgramMissing(error.errno, f'exec: "{name}": {words}') from error


def _find(name: str, path: str) -> str:
    if "/" in name:
        if not os.path.lexists(name):
            text = f'exec: "{name}": stat {name}: no such file or directory'
            raise ProgramMissing(errno.ENOENT, text)
        if os.path.isdir(name):  # noqa: PTH112 hot path
            raise ProgramMissing(errno.EACCES, f'exec: "{name}": is a directory')
        if not os.access(name, os.X_OK):
            raise ProgramMissing(errno.EACCES, f'exec: "{name}": permission denied')
        return name
    for directory in path.split(":"):
        candidate = f"{directory or '.'}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):  # noqa: PTH112 hot path
            return candidate
    raise ProgramMissing(errno.ENOENT, f'exec: "{name}": executable file not found in $PATH')
