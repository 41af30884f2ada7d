"""The devices and routes of the calling thread's network namespace."""

from __future__ import annotations

import socket
import struct
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

from sandbox.kernel.rtnetlink import (
    RTM_GETADDR,
    RTM_GETLINK,
    RTM_GETROUTE,
    Record,
    attributes,
    dump,
    namespace_id,
)
from sandbox.observe.procfs import text
from sandbox.observe.snapshot import Link, Route

MAX_LINKS = 500  # of one namespace
MAX_ADDRESSES = 2000  # of one namespace
MAX_ROUTES = 500  # of one namespace

_IFINFOMSG = struct.Struct("=BxHiII")  # family, type, index, flags, change
_IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_RTMSG = struct.Struct("=BBBBBBBBI")  # family, to, from, tos, table, protocol, scope, type, flags
_IFLA_IFNAME, _IFLA_LINK, _IFLA_MASTER, _IFLA_LINKINFO, _IFLA_LINK_NETNSID = 3, 5, 10, 18, 37
_IFLA_INFO_KIND = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_PREFSRC, _RTA_TABLE = 1, 4, 5, 6, 7, 15
# include/uapi/linux/rtnetlink.h; local, broadcast, anycast and multicast are the kernel's own.
_ROUTES = {1: "unicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
_IFF_UP, _IFF_LOWER_UP = 1, 1 << 16
_ARPHRD_LOOPBACK = 772


@dataclass(frozen=True, slots=True)
class LinkTable:
    """The devices and routes of one namespace, and whether all of them are there."""

    links: tuple[Link, ...]
    routes: tuple[Route, ...]
    truncated: bool


def links(own: int, doors: dict[int, int]) -> LinkTable:
    """Every device with its addresses, and every route.

    own: inode of the calling thread's network namespace; doors: inode → descriptor of all that the
    container has, among which the other ends of its wires are looked for.
    """
    devices = list(islice(dump(RTM_GETLINK, _IFINFOMSG.size), MAX_LINKS + 1))
    answers = list(islice(dump(RTM_GETADDR, _IFADDRMSG.size), MAX_ADDRESSES + 1))
    routes = list(islice(dump(RTM_GETROUTE, _RTMSG.size), MAX_ROUTES + 1))
    addresses = _addresses(answers[:MAX_ADDRESSES])
    elsewhere = any(_IFLA_LINK_NETNSID in device.attributes for device in devices)
    spaces = {namespace_id(door): inode for inode, door in doors.items()} if elsewhere else {}
    found = tuple(_link(device, addresses, own, spaces) for device in devices[:MAX_LINKS])
    names = {link.index: link.name for link in found}
    return LinkTable(
        found,
        tuple(route for answer in routes[:MAX_ROUTES] if (route := _route(answer, names))),
        len(devices) > MAX_LINKS or len(answers) > MAX_ADDRESSES or len(routes) > MAX_ROUTES,
    )


def _link(
    device: Record, addresses: dict[int, list[str]], own: int, spaces: dict[int, int]
) -> Link:
    _, hardware, index, flags, _ = _IFINFOMSG.unpack(device.fixed)
    info = attributes(device.attributes.get(_IFLA_LINKINFO, b""))
    kind = text(info.get(_IFLA_INFO_KIND, b"").rstrip(b"\0"))
    # Of other kinds the same attribute names the device below, as of a vlan.
    peer = _number(device, _IFLA_LINK) if kind == "veth" else 0
    away = device.attributes.get(_IFLA_LINK_NETNSID)
    there = own if away is None else spaces.get(struct.unpack("=i", away)[0], 0)
    return Link(
        index=index,
        name=text(device.attributes[_IFLA_IFNAME].rstrip(b"\0")),
        kind="loopback" if hardware == _ARPHRD_LOOPBACK else kind,
        up=bool(flags & _IFF_UP),
        master=_number(device, _IFLA_MASTER),
        peer=peer,
        addresses=tuple(addresses.get(index, ())),
        carrier=bool(flags & _IFF_LOWER_UP),
        peer_namespace=there if peer else 0,
    )


def _number(device: Record, attribute: int) -> int:
    raw = device.attributes.get(attribute)
    return struct.unpack("=I", raw)[0] if raw else 0


def _route(answer: Record, names: dict[int, str]) -> Route | None:
    family, length, _, _, short_table, _, _, kind, _ = _RTMSG.unpack(answer.fixed)
    if kind not in _ROUTES or family not in (socket.AF_INET, socket.AF_INET6):
        return None

    def address(attribute: int) -> str:
        raw = answer.attributes.get(attribute)
        return socket.inet_ntop(family, raw) if raw else ""

    to = address(_RTA_DST)
    return Route(
        kind=_ROUTES[kind],
        to=f"{to}/{length}" if to else "default",
        via=address(_RTA_GATEWAY),
        device=names.get(_number(answer, _RTA_OIF), ""),
        metric=_number(answer, _RTA_PRIORITY),
        table=_number(answer, _RTA_TABLE) or short_table,
        source=address(_RTA_PREFSRC),
    )


def _addresses(answers: list[Record]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for answer in answers:
        family, prefix, _, _, index = _IFADDRMSG.unpack(answer.fixed)
        # On a point-to-point link ADDRESS is the other end; IPv6 has no LOCAL otherwise.
        raw = answer.attributes.get(_IFA_LOCAL) or answer.attributes.get(_IFA_ADDRESS, b"")
        if family in (socket.AF_INET, socket.AF_INET6) and raw:
            found[index].append(f"{socket.inet_ntop(family, raw)}/{prefix}")
    return found
