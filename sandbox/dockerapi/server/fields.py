"""The fields of a JSON object, each of the kind it must be. Absent and null are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.engine.errors import BadParameter


def strings(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of strings; Docker takes a single string for a list of one. Raises BadParameter."""
    match body.get(name):
        case None:
            return ()
        case str(one):
            return (one,)
        case [*several] if all(isinstance(one, str) for one in several):
            return tuple(several)
        case _:
            raise BadParameter(f"invalid JSON: {name} is not a list of strings")


def text(body: Mapping[str, Any], name: str) -> str:
    """A string, "" where it is absent or null. Raises BadParameter."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadParameter(f"invalid JSON: {name} is not a string")
    if value and "\0" in value:
        raise BadParameter(f"invalid JSON: {name} holds a null byte")
    return value or ""


def number(body: Mapping[str, Any], name: str) -> int:
    """A whole number, 0 where it is absent or null. Raises BadParameter."""
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadParameter(f"invalid JSON: {name} is not a number")
    return value or 0


def mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object, {} where it is absent or null. Raises BadParameter."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadParameter(f"invalid JSON: {name} is not an object")
    return value or {}
