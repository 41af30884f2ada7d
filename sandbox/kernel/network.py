"""Network devices by ioctl, netdevice(7): what a starting container needs without netlink."""

from __future__ import annotations

import fcntl
import socket
import struct

SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
_IFREQ_FLAGS = struct.Struct("16sh14x")  # struct ifreq has 40 bytes; the rest is padding.
_IFREQ_SIZE = 40


def bring_up(name: str) -> None:
    """Sets IFF_UP on a device of the caller's network namespace; up already is no error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as control:
        request = _IFREQ_FLAGS.pack(name.encode(), 0).ljust(_IFREQ_SIZE, b"\0")
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, request)
        _, flags = _IFREQ_FLAGS.unpack(answer[: _IFREQ_FLAGS.size])
        request = _IFREQ_FLAGS.pack(name.encode(), flags | IFF_UP).ljust(_IFREQ_SIZE, b"\0")
        fcntl.ioctl(control, SIOCSIFFLAGS, request)
