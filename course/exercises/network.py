"""The part of the condition language that is about networks: the schema of the probe `net`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, model_validator

from course.exercises.comparison import Expectation
from course.exercises.strict import Strict


class Listener(Strict):
    """Somebody waits for connections or datagrams."""

    port: Expectation
    addr: Expectation | None = None
    proto: Literal["tcp", "udp"] = "tcp"
    by: str | None = None  # A bound process that holds the socket.


class Path(Strict):
    """A route."""

    to: Expectation = "default"
    via: Expectation | None = None
    dev: Expectation | None = None
    kind: Literal["unicast", "blackhole", "unreachable", "prohibit", "throw"] | None = None


class OtherEnd(Strict):
    """What has to be so at the other end of a veth pair."""

    link: Expectation | None = None
    up: bool | None = None
    addr: Expectation | None = None
    master: Expectation | None = None


class Net(OtherEnd):
    """A network namespace: one of its devices, a route, a listener; everything written must hold.

    ns: `init`, a bound process, or the path under which a mount keeps one (`/run/netns/red`).
    """

    ns: str = "init"
    kind: Expectation | None = None
    carrier: bool | None = None
    peer_ns: str | None = None  # As ns, with "!" for any other.
    peer: OtherEnd | None = None
    route: Path | None = None
    listen: Listener | Expectation | None = None
    nat_to: JsonValue | None = None
    absent: bool = Field(default=False)

    @model_validator(mode="after")
    def _asks(self) -> Net:
        if not self.model_fields_set - {"ns", "absent"}:
            raise ValueError("write what to look for: link, addr, route, listen, ...")
        return self

    @property
    def listener(self) -> Listener | None:
        """`listen: 80` in its long form."""
        if self.listen is None or isinstance(self.listen, Listener):
            return self.listen
        return Listener(port=self.listen)

    @property
    def asks_for_link(self) -> bool:
        """Whether some device has to be there."""
        about_links = {"link", "up", "addr", "master", "kind", "carrier", "peer_ns", "peer"}
        return bool(self.model_fields_set & about_links)
