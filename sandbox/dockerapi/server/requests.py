"""A request as the routes read it, leniently where dockerd is lenient."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sandbox.dockerapi.server.answers import TakenOver
from sandbox.engine.container import Caller, Wish
from sandbox.engine.errors import BadNumber, BadParameter

if TYPE_CHECKING:
    from sandbox.dockerapi.server.http import Exchange, Taken
    from sandbox.engine.policy import Policy

_FALSE = {"", "0", "no", "false", "none"}


@dataclass(frozen=True, slots=True)
class Query:
    """What follows the question mark. Unknown names and empty values are fine."""

    values: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """The value, or default when it is absent or empty."""
        return self.values.get(name) or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Docker's notion of truth: anything but "", 0, no, false, none."""
        if name not in self.values:
            return default
        return self.values[name].strip().lower() not in _FALSE

    def number(self, name: str, default: int) -> int:
        """A decimal number. Raises BadNumber."""
        text = self.values.get(name, "")
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            raise BadNumber(f'strconv.Atoi: parsing "{text}": invalid syntax') from None

    def filters(self, known: frozenset[str] | None) -> dict[str, tuple[str, ...]]:
        """{"name": {"value": true}} or {"name": ["value"]}; known: None takes any name.

        Raises BadParameter.
        """
        text = self.text("filters")
        if not text:
            return {}
        try:
            asked = json.loads(text)
            found = {str(name): _chosen(values) for name, values in asked.items()}
        except (ValueError, AttributeError, TypeError):
            raise BadParameter("invalid filter") from None
        for name in found:
            if known is not None and name not in known:
                raise BadParameter(f"invalid filter '{name}'")
        return found


def _chosen(values: object) -> tuple[str, ...]:
    if isinstance(values, dict):
        return tuple(str(value) for value, wanted in values.items() if wanted)
    if isinstance(values, list):
        return tuple(str(value) for value in values)
    raise TypeError("neither an object nor a list")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: matched, versioned, and with the rights of the socket it came in by."""

    version: tuple[int, int]
    arguments: Mapping[str, str]  # The named parts of the path.
    query: Query
    policy: Policy
    exchange: Exchange

    @property
    def name(self) -> str:
        """The container, image or exec that the path names."""
        return self.arguments["name"]

    async def json(self, *, empty_ok: bool = False) -> dict[str, Any]:
        """The body, a JSON object. Raises BadParameter with dockerd's texts."""
        content = await self.exchange.body()
        if not content.strip():
            if empty_ok:
                return {}
            raise BadParameter("invalid JSON: got EOF while reading request body")
        kind = self.exchange.headers.get("content-type", "").partition(";")[0].strip()
        if kind.lower() != "application/json":
            raise BadParameter(
                f"unsupported Content-Type header ({kind}): must be 'application/json'"
            )
        return parsed_object(content)

    async def become(self, kind: str, wish: Wish, protocol: str = "tcp") -> Caller:
        """Turn the connection into a raw stream; the caller closes the descriptor.

        With an Upgrade header the answer is 101, without one 200 and the stream at once.
        """
        if self.exchange.headers.get("upgrade"):
            lines = ["HTTP/1.1 101 UPGRADED", f"Content-Type: {kind}"]
            lines += ["Connection: Upgrade", f"Upgrade: {protocol}"]
        else:
            lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}"]
        taken: Taken = await self.exchange.take_over("\r\n".join([*lines, "", ""]).encode())
        return Caller(taken.descriptor, taken.early, wish)


def parsed_object(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises BadParameter."""
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(content.rstrip())
        reason = "unexpected EOF" if at_end else f"{error.msg} at position {error.pos}"
        raise BadParameter(f"invalid JSON: {reason}") from None
    except ValueError as error:
        raise BadParameter(f"invalid JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadParameter(f"invalid JSON: cannot unmarshal {type(value).__name__} into an object")
    return value


def parsed_query(text: str) -> Query:
    """Of several values the first counts, as in Go's url.Values.Get."""
    pairs = parse_qsl(text, keep_blank_values=True)
    return Query(dict(reversed(pairs)))


TAKEN_OVER = TakenOver()
