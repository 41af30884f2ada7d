"""Reading and writing the small files of cgroupfs, whose directories may vanish at any moment."""

from __future__ import annotations

import errno
import os
from types import TracebackType

# ENOENT: the directory is gone. ENODEV: it went while the file was open. EOPNOTSUPP: a threaded
# group has no list of processes of its own; cgroup.procs of its domain names them.
_CHUNK = 1 << 16
_ABSENT = (errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP)


class absent_is_fine:
    """Passes over what a vanished group answers, and over nothing else."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """True, which ends the error here, for the errors of an absent group."""
        return isinstance(error, OSError) and error.errno in _ABSENT


def read(directory: str, name: str) -> str | None:
    """A file's text without the newline, None when it is not there."""
    with absent_is_fine():
        # Not open(): it would ask the kernel five more questions about each of these small files.
        file = os.open(f"{directory}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return b"".join(iter(lambda: os.read(file, _CHUNK), b"")).decode("ascii").strip()
        finally:
            os.close(file)
    return None


def write(directory: str, name: str, value: str | int) -> None:
    """One write(2), as cgroupfs wants it; OSError names the file."""
    path = f"{directory}/{name}"
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, str(value).encode("ascii"))
    except OSError as error:
        error.filename = path
        raise
    finally:
        os.close(file)


def number(directory: str, name: str) -> int | None:
    """A file that holds one number; None when absent or when it says "max"."""
    text = read(directory, name)
    return None if text is None or text == "max" else int(text)


def table(directory: str, name: str) -> dict[str, int]:
    """A flat keyed file such as cpu.stat; empty when absent."""
    lines = (read(directory, name) or "").splitlines()
    return {key: int(value) for key, value in (line.split() for line in lines)}


def pids(directory: str) -> list[int]:
    """The direct members; 0 stands for a process of a pid namespace that is not ours."""
    return [int(line) for line in (read(directory, "cgroup.procs") or "").split()]
