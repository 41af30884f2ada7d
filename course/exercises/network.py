"""The part of the condition language that is about networks: `net`, and requests made by us."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from course.exercises.comparison import Expectation
from course.exercises.strict import Strict

MOST_SECONDS = 5.0  # of one request; the engine allows no more
LOCALHOST = "localhost"  # The one name that means the same everywhere: 127.0.0.1.


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


class Request(Strict):
    """What every request has: from whose network it is made, and how long it may take."""

    origin: str = Field(default="init", alias="from")  # As the `ns` of net.
    within: str = Field(default="2s", pattern=r"^\d+(\.\d+)?s$")

    @field_validator("within")
    @classmethod
    def _bounded(cls, within: str) -> str:
        if not 0 < float(within.removesuffix("s")) <= MOST_SECONDS:
            raise ValueError(f"at most {MOST_SECONDS:g}s")
        return within

    @property
    def milliseconds(self) -> int:
        """`within` as the engine takes it."""
        return int(float(self.within.removesuffix("s")) * 1000)


class Http(Request):
    """A GET by us; a redirect is an answer and is not followed. Only numeric addresses."""

    url: str = Field(pattern=r"^http://")
    status: Expectation | None = None
    body: Expectation | None = None  # Equality ignores white space at both ends.
    location: Expectation | None = None

    @field_validator("url")
    @classmethod
    def _numeric(cls, url: str) -> str:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if "{{" not in url and host != LOCALHOST and not is_address(host):
            raise ValueError(f"{host}: write a numeric address, nobody resolves names here")
        if any(char.isspace() or not char.isprintable() for char in url):
            raise ValueError("a blank in the address")
        return url


class Stream(Request):
    """Whether a connection is taken, and what is said first when `send` was sent."""

    addr: str = "127.0.0.1"
    port: int | str
    send: str = ""
    reply: Expectation | None = None
    refused: bool = False


class Datagram(Request):
    """A datagram, to which something must come back."""

    addr: str = "127.0.0.1"
    port: int | str
    send: str = Field(min_length=1)
    reply: Expectation | None = None


class Dns(Request):
    """A name asked of one server."""

    server: str = "127.0.0.1"
    port: int | str = 53
    name: str = Field(min_length=1)
    type: Literal["A", "AAAA", "CNAME", "TXT", "PTR"] = "A"
    answer: Expectation | None = None  # Of any of the values.
    code: Expectation = 0  # 3: no such name


def is_address(text: str) -> bool:
    """Whether it is a numeric IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
