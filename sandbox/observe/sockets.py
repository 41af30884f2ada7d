"""The sockets of the calling thread's network namespace; proc_net(5).

Names of Unix sockets are the learner's bytes, written by the kernel without escapes: a newline in
one can show a socket that is not there, in the learner's own namespace only.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sandbox.observe.procfs import text
from sandbox.observe.snapshot import Socket

MAX_SOCKETS = 1000  # of one family in one namespace
MAX_BYTES = 1 << 18

_NET = Path("/proc/thread-self/net")
_INET = {
    "tcp": socket.AF_INET,
    "tcp6": socket.AF_INET6,
    "udp": socket.AF_INET,
    "udp6": socket.AF_INET6,
}
# include/net/tcp_states.h
_STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
)  # fmt: skip
_UNIX = re.compile(
    rb"[0-9a-f]{8,16}: [0-9A-F]{8} 0{8} ([0-9A-F]{8}) [0-9A-F]{4} ([0-9A-F]{2}) +(\d+) (.+)"
)
_INODE = 9  # the field of /proc/net/tcp
_ACCEPTS = 0x10000  # __SO_ACCEPTCON, include/linux/net.h
_CONNECTED = 3  # SS_CONNECTED


@dataclass(frozen=True, slots=True)
class SocketTable:
    """The sockets of one namespace, and whether all of them are there."""

    sockets: tuple[Socket, ...]
    truncated: bool


def sockets() -> SocketTable:
    """Listening and connected sockets, of Unix sockets those that have a name."""
    found: list[Socket] = []
    truncated = False
    used = _families_in_use()
    for family in ("tcp", "tcp6", "udp", "udp6", "unix"):
        if family not in used:
            continue
        data = _read(family)
        lines = data.split(b"\n")[1:-1]
        parse = parse_unix(lines) if family == "unix" else parse_inet(family, lines)
        mine = tuple(islice(parse, MAX_SOCKETS + 1))
        found += mine[:MAX_SOCKETS]
        truncated = truncated or len(mine) > MAX_SOCKETS or len(data) >= MAX_BYTES
    return SocketTable(tuple(found), truncated)


def _families_in_use() -> frozenset[str]:
    # Walking the host's hash of TCP sockets takes 5 ms on a machine of 24 GB, however few of them
    # are in this namespace. The counts are the namespace's own and cost microseconds.
    names = {b"TCP:": "tcp", b"TCP6:": "tcp6", b"UDP:": "udp", b"UDP6:": "udp6"}
    lines = (_read("sockstat") + _read("sockstat6")).splitlines()
    fields = (line.split() for line in lines)
    return frozenset(
        {names[name] for name, *counts in fields if name in names and counts[1] != b"0"} | {"unix"}
    )


def _read(name: str) -> bytes:
    try:
        with (_NET / name).open("rb") as file:
            return file.read(MAX_BYTES)
    except FileNotFoundError:
        return b""  # A kernel without IPv6, or with it switched off at boot.


def parse_inet(family: str, lines: list[bytes]) -> Iterator[Socket]:
    """The lines of /proc/net/{tcp,tcp6,udp,udp6} below the heading."""
    for line in lines:
        fields = line.split()
        if len(fields) <= _INODE:
            continue  # The last line of a file that was cut.
        address, _, port = fields[1].partition(b":")
        state = int(fields[3], 16)
        yield Socket(
            family=family,
            local=_address(_INET[family], address),
            port=int(port, 16),
            state=_STATES[state] if state < len(_STATES) else text(fields[3]),
            inode=int(fields[_INODE]),
        )


def _address(family: socket.AddressFamily, printed: bytes) -> str:
    # The kernel prints each 32-bit word of the network-order address as a native integer.
    words = (int(printed[at : at + 8], 16) for at in range(0, len(printed), 8))
    return socket.inet_ntop(family, b"".join(struct.pack("=I", word) for word in words))


def parse_unix(lines: list[bytes]) -> Iterator[Socket]:
    """The lines of /proc/net/unix below the heading that end in a name."""
    for line in lines:
        match = _UNIX.fullmatch(line)
        if match is None:
            continue
        flags, state, inode, name = match.groups()
        if int(flags, 16) & _ACCEPTS:
            shown = "LISTEN"
        else:
            shown = "ESTABLISHED" if int(state, 16) == _CONNECTED else "CLOSE"
        yield Socket("unix", text(name), 0, shown, int(inode))
