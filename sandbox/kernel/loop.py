"""Loop devices: loop(4)."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from contextlib import ExitStack
from enum import IntFlag

LOOP_CLR_FD = 0x4C01
LOOP_CONFIGURE = 0x4C0A
LOOP_CTL_GET_FREE = 0x4C82
LOOP_MAJOR = 7
_ATTEMPTS = 64

# struct loop_config: fd, block_size, then struct loop_info64 (device inode rdevice offset
# sizelimit, number encrypt_type encrypt_key_size flags, two names, a key, two words), reserved.
_LOOP_CONFIG = struct.Struct("=II 5Q 4I 64s64s32s 2Q 64x")


class LO_FLAGS(IntFlag):
    """loop(4)."""

    READ_ONLY = 1
    AUTOCLEAR = 4
    PARTSCAN = 8
    DIRECT_IO = 16


def attach(image_path: str, *, autoclear: bool = True) -> tuple[int, str]:
    """A free loop device bound to an image: its descriptor, owned by the caller, and its path.

    With autoclear the kernel releases the device when the last descriptor and mount are gone; so
    keep the descriptor until the device is mounted. ENOSPC, EMFILE, EPERM as the ioctls give them.
    """
    flags = LO_FLAGS.AUTOCLEAR if autoclear else LO_FLAGS(0)
    with ExitStack() as close:
        image = os.open(image_path, os.O_RDWR | os.O_CLOEXEC)
        close.callback(os.close, image)
        control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
        close.callback(os.close, control)
        name = os.fsencode(image_path)[-63:]
        config = _LOOP_CONFIG.pack(image, 0, *[0] * 8, flags, name, b"", b"", 0, 0)
        for _ in range(_ATTEMPTS):
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
            path = f"/dev/loop{number}"
            device = _open_device(path, number)
            if _configured(device, config):
                return device, path
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), "/dev/loop-control")


def detach(device: int) -> None:
    """LOOP_CLR_FD: at once when unused, otherwise with the last user."""
    fcntl.ioctl(device, LOOP_CLR_FD)


def _open_device(path: str, number: int) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        # A /dev without devtmpfs does not grow with the devices.
        os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(LOOP_MAJOR, number))
        return os.open(path, flags)


def _configured(device: int, config: bytes) -> bool:
    try:
        fcntl.ioctl(device, LOOP_CONFIGURE, config)
    except OSError as refused:
        os.close(device)
        # Somebody else took the device between GET_FREE and here; loop(4), "Loop control".
        if refused.errno == errno.EBUSY:
            return False
        raise
    return True
