"""What a route answers with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; body None means that there is none (204, 304)."""

    status: HTTPStatus
    body: bytes | None = None
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose head leaves at once; its body comes in chunks until the client goes."""

    chunks: AsyncIterator[bytes]
    kind: str = JSON
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The connection carries something else now; HTTP is over on it."""


Reply = Answer | Stream | TakenOver


def as_json(value: object, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """A JSON answer, ended by a newline as Go's encoder does."""
    return Answer(status, json_line(value))


def json_line(value: object) -> bytes:
    """One JSON value and a newline."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def refusal(status: HTTPStatus, message: str) -> Answer:
    """Docker's error body."""
    return as_json({"message": message}, status)


NO_CONTENT = Answer(HTTPStatus.NO_CONTENT)
NOT_MODIFIED = Answer(HTTPStatus.NOT_MODIFIED)
