"""The probe `net`: devices, routes and listeners of one network namespace of the lab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from course.exercises.comparison import Comparison, Expectation, describe, satisfies
from course.exercises.network import Listener, Net, OtherEnd, Path
from course.exercises.probes.namespaces import GONE
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Link, Route, Socket

NO_NAT = Text(zh="还不能读取地址转换规则", en="address translation cannot be read yet")
NO_SPACE = Text(zh="没有这个网络命名空间", en="there is no such network namespace")
NOTHING = Text(zh="没有", en="none")


def solve(probe: Net, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether the namespace has what is asked for, or with `absent` lacks it."""
    if probe.nat_to is not None:
        sight.unavailable(NO_NAT)
        return
    space = space_of(probe.ns, bindings, sight)
    if space is None or space not in sight.evidence.snapshot.links:
        if not sight.cut("namespaces", "mounts"):
            sight.miss(same(wanted(probe)), NO_SPACE if probe.ns.startswith("/") else GONE)
        return
    fits = all(_judged(probe, space, bindings, sight))
    if not fits and sight.cut("network", "namespaces", "owners"):
        return
    if fits != probe.absent:
        yield bindings
    elif fits:
        sight.miss(same(f"∄ {wanted(probe)}"), Text(zh="它存在", en="it is there"))


def _judged(probe: Net, space: int, bindings: Bindings, sight: Sight) -> Iterator[bool]:
    """One truth for each kind of thing asked for; each miss is noted."""
    snapshot = sight.evidence.snapshot
    if probe.asks_for_link:
        yield _has_link(probe, space, bindings, sight)
    if probe.route is not None:
        yield _has_route(probe.route, snapshot.routes.get(space, ()), sight)
    listener = probe.listener
    if listener is not None:
        yield _has_listener(listener, snapshot.sockets.get(space, ()), bindings, sight)


def space_of(name: str, bindings: Bindings, sight: Sight) -> int | None:
    """The inode of the network namespace that a name or a path stands for."""
    if not name.startswith("/"):
        process = sight.process(name, bindings)
        return process.namespaces.get("net") if process else None
    init = sight.evidence.init
    table = sight.evidence.snapshot.mounts.get(init.namespaces.get("mnt", 0) if init else 0, ())
    # /var/run is a link to /run; mountinfo knows the latter only.
    path = name.removeprefix("/var") if name.startswith("/var/run/") else name
    there = [mount for mount in table if mount.target == path]
    root = there[-1].root if there and there[-1].fstype == "nsfs" else ""
    return int(root[5:-1]) if root.startswith("net:[") else None


def _has_link(probe: Net, space: int, bindings: Bindings, sight: Sight) -> bool:
    table = sight.evidence.snapshot.links[space]
    named = [one for one in table if probe.link is None or satisfies(probe.link, one.name)]
    for link in named:
        tests = [*_plain(probe, link, table), *_further(probe, link, bindings, sight)]
        if all(tests):
            return True
        closeness = (1 + sum(tests)) / (len(tests) + 2)
        sight.miss(same(wanted(probe)), same(_line(link, table)), closeness=closeness)
    if not named:
        names = ", ".join(link.name for link in table)
        sight.miss(same(wanted(probe)), same(names or "—"))
    return False


def _plain(asked: OtherEnd, link: Link, table: Iterable[Link]) -> Iterator[bool]:
    """The predicates that both ends of a pair can be asked for."""
    if asked.link is not None:
        yield satisfies(asked.link, link.name)
    if asked.up is not None:
        yield asked.up == link.up
    if asked.addr is not None:
        yield any(_is_address(asked.addr, one) for one in link.addresses)
    if asked.master is not None:
        yield satisfies(asked.master, _name(link.master, table))


def _further(probe: Net, link: Link, bindings: Bindings, sight: Sight) -> Iterator[bool]:
    if probe.kind is not None:
        yield satisfies(probe.kind, link.kind)
    if probe.carrier is not None:
        yield probe.carrier == link.carrier
    if probe.peer_ns is not None:
        there = space_of(probe.peer_ns.removeprefix("!"), bindings, sight)
        known = bool(link.peer_namespace) and there is not None
        yield known and (link.peer_namespace == there) != probe.peer_ns.startswith("!")
    if probe.peer is not None:
        around = sight.evidence.snapshot.links.get(link.peer_namespace, ())
        peer = next((one for one in around if link.peer and one.index == link.peer), None)
        yield peer is not None and all(_plain(probe.peer, peer, around))


def _has_route(asked: Path, routes: tuple[Route, ...], sight: Sight) -> bool:
    there = [one for one in routes if satisfies(asked.to, one.to)]
    for route in there:
        if (
            (asked.via is None or satisfies(asked.via, route.via))
            and (asked.dev is None or satisfies(asked.dev, route.device))
            and (asked.kind is None or asked.kind == route.kind)
        ):
            return True
        sight.miss(same(_route_wanted(asked)), same(_route_line(route)), closeness=0.5)
    if not there:
        sight.miss(same(_route_wanted(asked)), NOTHING)
    return False


def _has_listener(
    asked: Listener, sockets: tuple[Socket, ...], bindings: Bindings, sight: Sight
) -> bool:
    # A UDP socket that waits for anybody is one that is not connected.
    state = {"tcp": "LISTEN", "udp": "CLOSE"}[asked.proto]
    waiting = [one for one in sockets if one.family.startswith(asked.proto) and one.state == state]
    there = [one for one in waiting if satisfies(asked.port, one.port)]
    holder = sight.process(asked.by, bindings) if asked.by else None
    for one in there:
        held = asked.by is None or (holder is not None and holder.pid in one.owners)
        if held and (asked.addr is None or satisfies(asked.addr, one.local)):
            return True
        found = f"{one.local}:{one.port} {_owners(one, sight)}"
        sight.miss(same(_listener_wanted(asked)), same(found), closeness=0.5)
    if not there:
        others = ", ".join(f"{one.local}:{one.port}" for one in waiting[:4])
        sight.miss(same(_listener_wanted(asked)), same(others) if others else NOTHING)
    return False


def _is_address(expected: Expectation, address: str) -> bool:
    """With or without the length of its network, as the author wrote it."""
    bare = address.partition("/")[0]
    if isinstance(expected, Comparison):
        return satisfies(expected, address)
    return str(expected) in (address, bare)


def _owners(one: Socket, sight: Sight) -> str:
    names = [sight.evidence.name(process) for process in sight.evidence.snapshot.processes
             if process.pid in one.owners]  # fmt: skip
    return ", ".join(names[:3]) or "—"


def _name(index: int, table: Iterable[Link]) -> str | None:
    return next((link.name for link in table if link.index == index), None) if index else None


def _line(link: Link, table: Iterable[Link]) -> str:
    state = "UP" if link.up else "DOWN"
    if link.up and not link.carrier:
        state = "UP, NO-CARRIER"
    parts = [state, *(link.addresses[:4] or ("—",))]
    if link.master:
        parts.append(f"master {_name(link.master, table)}")
    return f"{link.name}: {', '.join(parts)}"


def _route_line(route: Route) -> str:
    kind = "" if route.kind == "unicast" else f"{route.kind} "
    via = f" via {route.via}" if route.via else ""
    return f"{kind}{route.to}{via}" + (f" dev {route.device}" if route.device else "")


def wanted(probe: Net) -> str:
    """The whole wish in one line."""
    parts = [*_end_wanted(probe)]
    if probe.kind is not None:
        parts.append(f"kind {describe(probe.kind)}")
    if probe.carrier is not None:
        parts.append("carrier" if probe.carrier else "no carrier")
    if probe.peer_ns is not None:
        parts.append(f"peer in {probe.peer_ns}")
    if probe.peer is not None:
        parts.append(f"peer: {', '.join(_end_wanted(probe.peer))}")
    if probe.route is not None:
        parts.append(_route_wanted(probe.route))
    if probe.listener is not None:
        parts.append(_listener_wanted(probe.listener))
    return f"{probe.ns}: {', '.join(parts)}"


def _end_wanted(asked: OtherEnd) -> Iterator[str]:
    if asked.link is not None:
        yield f"link {describe(asked.link)}"
    if asked.up is not None:
        yield "UP" if asked.up else "DOWN"
    if asked.addr is not None:
        yield f"addr {describe(asked.addr)}"
    if asked.master is not None:
        yield f"master {describe(asked.master)}"


def _route_wanted(asked: Path) -> str:
    named = (("", asked.kind), ("via ", asked.via), ("dev ", asked.dev))
    more = [f"{name}{value if isinstance(value, str) else describe(value)}"
            for name, value in named if value is not None]  # fmt: skip
    to = asked.to if isinstance(asked.to, str) else describe(asked.to)
    return " ".join(["route", to, *more])


def _listener_wanted(asked: Listener) -> str:
    where = f", addr {describe(asked.addr)}" if asked.addr is not None else ""
    whose = f", by {asked.by}" if asked.by else ""
    return f"{asked.proto} listener, port {describe(asked.port)}{where}{whose}"
