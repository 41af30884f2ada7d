"""Changing network devices over rtnetlink(7): the only module that knows pyroute2.

Acts on the caller's network namespace. pyroute2 takes 0.2 s to import and runs an event loop of its
own for each call: so never from boot, zygote or shim, and never from a running event loop's thread.
Reading devices is rtnetlink.py, which observers repeat every second.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError


def add_veth(name: str, peer: str, peer_namespace: int) -> None:
    """A pair: name here, peer in the network namespace behind a descriptor.

    The pair dies with either namespace. EEXIST: one of the names is taken.
    """
    with _route(name) as route:
        other = {"ifname": peer, "net_ns_fd": peer_namespace}
        route.link("add", ifname=name, kind="veth", peer=other)


def add_address(name: str, address: str, prefix: int) -> None:
    """Gives a device an IPv4 or IPv6 address with the length of its network."""
    with _route(name) as route:
        route.addr("add", index=_index(route, name), address=address, prefixlen=prefix)


def set_up(name: str) -> None:
    """Sets a device up."""
    with _route(name) as route:
        route.link("set", index=_index(route, name), state="up")


def delete(name: str) -> None:
    """Removes a device, and with one end of a pair the other. ENODEV: it is not there."""
    with _route(name) as route:
        route.link("del", index=_index(route, name))


@contextmanager
def _route(name: str) -> Iterator[IPRoute]:
    try:
        with IPRoute() as route:
            yield route
    except NetlinkError as refused:
        raise OSError(refused.code, os.strerror(refused.code), name) from refused


def _index(route: IPRoute, name: str) -> int:
    found = route.link_lookup(ifname=name)
    if not found:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), name)
    return int(found[0])
