"""Which containers `docker ps` shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.dockerapi.server import labels
from sandbox.engine.clock import nanoseconds
from sandbox.engine.create import find_image
from sandbox.engine.errors import BadParameter, EngineError
from sandbox.engine.findings import Health
from sandbox.engine.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.container import Container
    from sandbox.engine.host import Host

    Test = Callable[[Host, Container, str], bool]

# fmt: off
KNOWN = frozenset((
    "ancestor", "before", "expose", "exited", "health", "id", "is-task", "isolation", "label",
    "name", "network", "publish", "since", "status", "volume",
))
# fmt: on
_STATES = {"created", "restarting", "running", "removing", "paused", "exited", "dead"}


def chosen(
    host: Host, seen: list[Container], filters: Mapping[str, tuple[str, ...]], *, everything: bool
) -> list[Container]:
    """Newest first. Raises BadParameter, NoSuchContainer (before, since)."""
    _check(filters)
    if not everything and "status" not in filters:
        seen = [c for c in seen if c.active]
    kept = [c for c in seen if all(_passes(host, c, n, v) for n, v in filters.items())]
    return sorted(kept, key=lambda c: nanoseconds(c.record.created), reverse=True)


def _check(filters: Mapping[str, tuple[str, ...]]) -> None:
    for name, values in filters.items():
        for value in values:
            if reason := _CHECKS.get(name, _fine)(name, value):
                raise BadParameter(reason)


def _fine(_name: str, _value: str) -> str:
    return ""


def _bad_state(_name: str, value: str) -> str:
    return "" if value in _STATES else f"invalid filter 'status={value}'"


def _bad_health(_name: str, value: str) -> str:
    return "" if value in set(Health) else f"unrecognized filter value for health: {value}"


def _bad_code(_name: str, value: str) -> str:
    if value.removeprefix("-").isdecimal():
        return ""
    syntax = f'strconv.Atoi: parsing "{value}": invalid syntax'
    return f"invalid filter 'exited={value}': {syntax}"


def _bad_port(name: str, value: str) -> str:
    first, _, last = value.partition("/")[0].partition("-")
    for number in (first, last or first):
        if not number.isdecimal():
            syntax = f'strconv.ParseUint: parsing "{number}": invalid syntax'
            return f"error while looking up for {name} {value}: {syntax}"
    return ""


_CHECKS: dict[str, Callable[[str, str], str]] = {
    "status": _bad_state,
    "health": _bad_health,
    "exited": _bad_code,
    "publish": _bad_port,
    "expose": _bad_port,
}


def _passes(host: Host, container: Container, name: str, values: tuple[str, ...]) -> bool:
    """Several values of one filter are alternatives, but labels must all be there."""
    test = _TESTS.get(name, _never)
    results = (test(host, container, value) for value in values)
    return all(results) if name == "label" else any(results)


def _label(_host: Host, container: Container, value: str) -> bool:
    return labels.carries(container.record.config.labels, value)


def _name(_host: Host, container: Container, value: str) -> bool:
    name = container.record.name
    try:
        return bool(re.search(value, name) or re.search(value, f"/{name}"))
    except re.error as error:
        raise BadParameter(f"invalid filter 'name={value}': {error}") from None


def _exited(_host: Host, container: Container, value: str) -> bool:
    status = container.record.status
    return status.state is State.EXITED and str(status.exit_code) == value


def _ancestor(host: Host, container: Container, value: str) -> bool:
    try:
        return find_image(host, value).id == container.record.image_id
    except EngineError:
        return False


def _before(host: Host, container: Container, value: str) -> bool:
    moment = nanoseconds(host.find(value).record.created)
    return nanoseconds(container.record.created) < moment


def _since(host: Host, container: Container, value: str) -> bool:
    moment = nanoseconds(host.find(value).record.created)
    return nanoseconds(container.record.created) > moment


def _network(_host: Host, container: Container, value: str) -> bool:
    return any(
        value in (endpoint.network, endpoint.network_id) for endpoint in container.record.endpoints
    )


def _publish(_host: Host, container: Container, value: str) -> bool:
    return any(_port_fits(value, f"{p.host_port}/{p.protocol}") for p in container.record.published)


def _expose(_host: Host, container: Container, value: str) -> bool:
    record = container.record
    ports = (*record.config.exposed, *(record.host.bindings or {}))
    return any(_port_fits(value, port) for port in ports)


def _port_fits(wanted: str, port: str) -> bool:
    """8000, 8000/udp, 8000-8010/tcp."""
    numbers, _, protocol = wanted.partition("/")
    first, _, last = numbers.partition("-")
    number, _, kind = port.partition("/")
    return int(first) <= int(number) <= int(last or first) and (protocol or "tcp") == kind


def _volume(_host: Host, container: Container, value: str) -> bool:
    return any(value in (point.name, point.destination) for point in container.record.mounts)


def _never(_host: Host, _container: Container, _value: str) -> bool:
    return False  # Of published ports and the like no container has any yet.


_TESTS: dict[str, Test] = {
    "label": _label,
    "name": _name,
    "exited": _exited,
    "ancestor": _ancestor,
    "before": _before,
    "since": _since,
    "network": _network,
    "volume": _volume,
    "publish": _publish,
    "expose": _expose,
    "id": lambda _h, container, value: container.id.startswith(value),
    "status": lambda _h, container, value: container.record.status.state == value,
    "health": lambda _h, container, value: (container.record.status.health or "none") == value,
    "is-task": lambda _h, _c, value: value.lower() in ("false", "0"),
}
