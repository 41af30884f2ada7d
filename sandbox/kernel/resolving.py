"""The two sockets of a resolver in the calling thread's network namespace."""

from __future__ import annotations

import socket

PLACE = ("127.0.0.11", 53)
_IP_FREEBIND = 15
_BACKLOG = 16


def resolver_sockets() -> tuple[socket.socket, socket.socket]:
    """UDP and TCP; the caller closes them. The loopback device need not be up yet."""
    made: list[socket.socket] = []
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            channel = socket.socket(socket.AF_INET, kind | socket.SOCK_CLOEXEC)
            made.append(channel)
            channel.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
            channel.bind(PLACE)
        made[1].listen(_BACKLOG)
    except OSError:
        for channel in made:
            channel.close()
        raise
    return made[0], made[1]
