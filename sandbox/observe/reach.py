"""Requests into a lab's network and what came of them: pure values, as snapshot.py's.

`POST /terrarium/containers/ID/reach` takes a list of Reach and answers with as many Reached. The
request is made by a locked process of ours that joins the network namespace and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """One request from one network namespace."""

    network: int  # nsfs inode; the container's own, or nothing is sent
    kind: str  # "http" | "tcp" | "udp" | "dns"
    address: str  # a numeric IPv4 or IPv6 address: names are nobody's to resolve
    port: int
    send: str  # http: path; dns: "A web.lab"; tcp and udp: what is said first
    milliseconds: int  # for all of it
    host: str = ""  # http: the Host header


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of it."""

    # answered refused unreachable timeout broken (not that protocol) flood (too much)
    # gone (no such namespace in the container) fault (ours)
    outcome: str
    detail: str
    status: int  # HTTP status, DNS response code; 0 without
    body: str  # http: the body; tcp and udp: what was said; dns: one value a line
    location: str  # http: where a redirect points; it is not followed
    milliseconds: int
