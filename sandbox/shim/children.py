"""What a parent does for its children: their streams before, their status after."""

from __future__ import annotations

import os

from sandbox.kernel.credentials import CAP, capset, mask
from sandbox.kernel.pty import openpty

Three = tuple[int, int, int]
# To signal, to enter namespaces that are ours, and to give a terminal to its container's ids.
KEPT = mask(
    (
        *(CAP.CHOWN, CAP.DAC_OVERRIDE, CAP.FOWNER, CAP.KILL, CAP.SETGID, CAP.SETPCAP, CAP.SETUID),
        *(CAP.SYS_ADMIN, CAP.SYS_CHROOT, CAP.SYS_PTRACE),
    )
)


def streams(*, tty: bool, stdin: bool) -> tuple[Three, Three]:
    """(the program's 0, 1, 2), (our ends of them; -1 without); nothing for a TTY of the birth."""
    if tty:
        return (-1, -1, -1), (-1, -1, -1)
    read_in, write_in = os.pipe2(os.O_CLOEXEC) if stdin else (_null(), -1)
    read_out, write_out = os.pipe2(os.O_CLOEXEC)
    read_err, write_err = os.pipe2(os.O_CLOEXEC)
    return (read_in, write_out, write_err), (write_in, read_out, read_err)


def terminal(devpts: int, owner: int) -> tuple[int, int]:
    """(master, slave) of a new pair in an open devpts directory; owner is a host uid."""
    master, slave = openpty(devpts)
    try:
        os.fchown(slave, owner, -1)
    except OSError:
        os.close(master)
        os.close(slave)
        raise
    return master, slave


def _null() -> int:
    # Our own is of the host's mount; by its path it would be of a mount that goes with the berth.
    return os.open("/proc/self/fd/0", os.O_RDONLY | os.O_CLOEXEC)


def hurry() -> None:
    """End the low priority at which spares are forked beside somebody else's start."""
    os.setpriority(os.PRIO_PROCESS, 0, 0)


def memory_file(content: bytes) -> int:
    """A descriptor with this content, to be read from offset 0; the caller closes it."""
    file = os.memfd_create("content", os.MFD_CLOEXEC)
    os.write(file, content)
    return file


def reap(pid: int) -> int:
    """Wait for a child that has ended or is about to: its exit code, 128+n for signal n."""
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def start_time(pid: int) -> int:
    """Field 22 of /proc/PID/stat, clock ticks."""
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 pathlib is one more import
        return int(file.read().rpartition(b")")[2].split()[19])


def replace(path: str, text: str) -> None:
    """Replace a file so that a killed process leaves the old one or the new one. OSError.

    Not synced: a power cut ends every container anyway, and the disk takes milliseconds for it.
    """
    part = f"{path}.part"
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
    os.replace(part, path)  # noqa: PTH105 pathlib is one more import


def keep_parental_capabilities() -> None:
    """Drop what the parent of a running container does not need."""
    capset(KEPT, KEPT, 0)
