"""The devices of the calling thread's network namespace."""

from __future__ import annotations

import socket
import struct
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

from sandbox.kernel.rtnetlink import RTM_GETADDR, RTM_GETLINK, Record, attributes, dump
from sandbox.observe.procfs import text
from sandbox.observe.snapshot import Link

MAX_LINKS = 500  # of one namespace
MAX_ADDRESSES = 2000  # of one namespace

_IFINFOMSG = struct.Struct("=BxHiII")  # family, type, index, flags, change
_IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_IFLA_IFNAME, _IFLA_LINK, _IFLA_MASTER, _IFLA_LINKINFO = 3, 5, 10, 18
_IFLA_INFO_KIND = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFF_UP = 1
_ARPHRD_LOOPBACK = 772


@dataclass(frozen=True, slots=True)
class LinkTable:
    """The devices of one namespace, and whether all of them are there."""

    links: tuple[Link, ...]
    truncated: bool


def links() -> LinkTable:
    """Every device with its addresses."""
    devices = list(islice(dump(RTM_GETLINK, _IFINFOMSG.size), MAX_LINKS + 1))
    answers = list(islice(dump(RTM_GETADDR, _IFADDRMSG.size), MAX_ADDRESSES + 1))
    addresses = _addresses(answers[:MAX_ADDRESSES])
    return LinkTable(
        tuple(_link(device, addresses) for device in devices[:MAX_LINKS]),
        len(devices) > MAX_LINKS or len(answers) > MAX_ADDRESSES,
    )


def _link(device: Record, addresses: dict[int, list[str]]) -> Link:
    _, hardware, index, flags, _ = _IFINFOMSG.unpack(device.fixed)
    info = attributes(device.attributes.get(_IFLA_LINKINFO, b""))
    kind = text(info.get(_IFLA_INFO_KIND, b"").rstrip(b"\0"))
    return Link(
        index=index,
        name=text(device.attributes[_IFLA_IFNAME].rstrip(b"\0")),
        kind="loopback" if hardware == _ARPHRD_LOOPBACK else kind,
        up=bool(flags & _IFF_UP),
        master=_number(device, _IFLA_MASTER),
        # Of other kinds the same attribute names the device below, as of a vlan.
        peer=_number(device, _IFLA_LINK) if kind == "veth" else 0,
        addresses=tuple(addresses.get(index, ())),
    )


def _number(device: Record, attribute: int) -> int:
    raw = device.attributes.get(attribute)
    return struct.unpack("=I", raw)[0] if raw else 0


def _addresses(answers: list[Record]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for answer in answers:
        family, prefix, _, _, index = _IFADDRMSG.unpack(answer.fixed)
        # On a point-to-point link ADDRESS is the other end; IPv6 has no LOCAL otherwise.
        raw = answer.attributes.get(_IFA_LOCAL) or answer.attributes.get(_IFA_ADDRESS, b"")
        if family in (socket.AF_INET, socket.AF_INET6) and raw:
            found[index].append(f"{socket.inet_ntop(family, raw)}/{prefix}")
    return found
