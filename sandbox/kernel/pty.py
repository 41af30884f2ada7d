"""Pseudo-terminals of a given devpts instance: pts(4), ioctl_tty(2)."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from contextlib import ExitStack
from termios import ISIG, TCIFLUSH, TIOCGWINSZ, TIOCSCTTY, TIOCSWINSZ, tcflush, tcgetattr

TIOCSPTLCK = 0x40045431
TIOCGPTPEER = 0x5441
_LFLAG = 3  # Its place in what tcgetattr(3) returns to Python.
_WINSIZE = struct.Struct("HHHH")


def openpty(devpts: str | int = "/dev/pts") -> tuple[int, int]:
    """A new pair (master, slave) of the devpts mounted at a path or open as a directory descriptor.

    Both close-on-exec and owned by the caller; neither becomes the controlling terminal.
    The slave is opened through the master (TIOCGPTPEER), so no path in the container is walked.
    ENOSPC: the instance's max= is reached.
    """
    directory = devpts if isinstance(devpts, int) else None
    path = "ptmx" if isinstance(devpts, int) else f"{devpts}/ptmx"
    flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
    with ExitStack() as undo:
        master = os.open(path, flags | os.O_NOFOLLOW, dir_fd=directory)
        undo.callback(os.close, master)
        fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
        slave = fcntl.ioctl(master, TIOCGPTPEER, flags)
        undo.pop_all()
    return master, slave


def set_winsize(fd: int, rows: int, cols: int) -> None:
    """TIOCSWINSZ: sends SIGWINCH to the foreground group when the size changes."""
    fcntl.ioctl(fd, TIOCSWINSZ, _WINSIZE.pack(rows, cols, 0, 0))


def get_winsize(fd: int) -> tuple[int, int]:
    """TIOCGWINSZ: (rows, columns)."""
    rows, cols, _, _ = _WINSIZE.unpack(fcntl.ioctl(fd, TIOCGWINSZ, bytes(_WINSIZE.size)))
    return rows, cols


def keys_signal(master: int) -> bool:
    """tcgetattr(3), ISIG of the slave: whether Ctrl-C is a signal now, and not a byte."""
    try:
        return bool(tcgetattr(master)[_LFLAG] & ISIG)
    except termios.error as failed:
        raise OSError(*failed.args) from failed


def discard_input(master: int) -> None:
    """tcflush(3), TCIFLUSH at the slave: what was typed and nobody has read."""
    slave = fcntl.ioctl(master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        tcflush(slave, TCIFLUSH)
    except termios.error as failed:
        raise OSError(*failed.args) from failed
    finally:
        os.close(slave)


def make_controlling(fd: int) -> None:
    """TIOCSCTTY. Precondition: the caller is a session leader without a controlling terminal."""
    fcntl.ioctl(fd, TIOCSCTTY, 0)
