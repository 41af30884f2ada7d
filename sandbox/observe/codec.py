"""Snapshot, Look, Seen, Reach and Reached as JSON and back.

Decoding trusts nothing: an unknown, missing or ill-typed field is a ValueError that names it. The
readers are derived once, at import, from the annotations of the values, so the two cannot drift.
"""

from __future__ import annotations

import dataclasses
import math
import socket
import types
from collections.abc import Callable, Mapping
from typing import get_args, get_origin, get_type_hints

from sandbox.observe.reach import Reach, Reached
from sandbox.observe.snapshot import Look, Seen, Snapshot

WANTS = ("stat", "bytes", "names", "size", "tree", "xattrs")
KINDS = ("http", "tcp", "udp", "dns")
MAX_LOOKS = 256  # in one request
MAX_REACHES = 16  # in one request
MAX_SENT = 1024  # characters
MAX_MILLISECONDS = 5000
MAX_PORT = 65535
MAX_PATH = 4096  # PATH_MAX, limits.h
_MAX_INTEGER = 2**64 - 1

Reader = Callable[[object, str], object]


def to_json(value: Snapshot | Look | Seen | Reach | Reached) -> dict[str, object]:
    """The value as json.dumps takes it: tuples as lists, integer keys as strings."""
    return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def snapshot_from(value: object) -> Snapshot:
    """The Snapshot of a decoded JSON document; ValueError names the field that is wrong."""
    snapshot = _SNAPSHOT(value, "snapshot")
    assert isinstance(snapshot, Snapshot)
    return snapshot


def look_from(value: object, name: str = "look") -> Look:
    """One question, checked: an absolute path without NUL and one of WANTS; ValueError else."""
    look = _LOOK(value, name)
    assert isinstance(look, Look)
    if look.want not in WANTS:
        raise ValueError(f"{name}.want: expected one of {', '.join(WANTS)}, got {look.want[:40]!r}")
    if not look.path.startswith("/") or "\0" in look.path:
        raise ValueError(f"{name}.path: expected an absolute path without NUL")
    if len(look.path.encode()) > MAX_PATH:
        raise ValueError(f"{name}.path: longer than {MAX_PATH} bytes")
    return look


def looks_from(value: object) -> tuple[Look, ...]:
    """The body of a look request: a list of at most MAX_LOOKS questions; ValueError else."""
    if not isinstance(value, list):
        raise _wrong("looks", "a list", value)
    if len(value) > MAX_LOOKS:
        raise ValueError(f"looks: {len(value)} questions, at most {MAX_LOOKS} are answered at once")
    return tuple(look_from(item, f"looks[{index}]") for index, item in enumerate(value))


def seen_from(value: object, name: str = "seen") -> Seen:
    """One answer; ValueError names the field that is wrong."""
    seen = _SEEN(value, name)
    assert isinstance(seen, Seen)
    return seen


def reach_from(value: object, name: str = "reach") -> Reach:
    """One request, checked: a known kind, a numeric address, bounds; ValueError else."""
    reach = _REACH(value, name)
    assert isinstance(reach, Reach)
    if reach.kind not in KINDS:
        raise ValueError(f"{name}.kind: expected one of {', '.join(KINDS)}")
    if not any(_numeric(family, reach.address) for family in (socket.AF_INET, socket.AF_INET6)):
        raise ValueError(f"{name}.address: expected a numeric IP address")
    if not 0 < reach.port <= MAX_PORT:
        raise ValueError(f"{name}.port: out of range")
    if not 0 < reach.milliseconds <= MAX_MILLISECONDS:
        raise ValueError(f"{name}.milliseconds: expected 1 to {MAX_MILLISECONDS}")
    if len(reach.send) > MAX_SENT or len(reach.host) > MAX_SENT:
        raise ValueError(f"{name}.send: longer than {MAX_SENT} characters")
    return reach


def reaches_from(value: object) -> tuple[Reach, ...]:
    """The body of a reach request: a list of at most MAX_REACHES requests; ValueError else."""
    if not isinstance(value, list):
        raise _wrong("reaches", "a list", value)
    if len(value) > MAX_REACHES:
        raise ValueError(f"reaches: {len(value)} requests, at most {MAX_REACHES} are made at once")
    return tuple(reach_from(item, f"reaches[{index}]") for index, item in enumerate(value))


def reached_from(value: object, name: str = "reached") -> Reached:
    """One answer; ValueError names the field that is wrong."""
    reached = _REACHED(value, name)
    assert isinstance(reached, Reached)
    return reached


def _numeric(family: socket.AddressFamily, address: str) -> bool:
    try:
        socket.inet_pton(family, address)
    except (OSError, ValueError):  # ValueError: a NUL in it.
        return False
    return True


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def _wrong(name: str, expected: str, found: object) -> ValueError:
    return ValueError(f"{name}: expected {expected}, got {type(found).__name__}")


def _integer(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "an integer", value)
    if not 0 <= value <= _MAX_INTEGER:
        raise ValueError(f"{name}: out of range")
    return value


def _float(value: object, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(name, "a number", value)
    # The comparison also refuses an integer that no float can hold, before it is converted.
    if not -_MAX_INTEGER <= value <= _MAX_INTEGER or not math.isfinite(value):
        raise ValueError(f"{name}: out of range")
    return float(value)


def _boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "a string", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        # json.loads accepts lone surrogates; no WebSocket or page can carry them on.
        raise ValueError(f"{name}: not Unicode text") from None
    return value


def _reader(hint: object) -> Reader:
    """The strict reader of one annotation used in snapshot.py."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is types.UnionType:
        return _optional(_reader(arguments[0]))
    if origin is tuple:
        return _tuple(arguments)
    if origin is dict:
        return _dict(arguments)
    return {int: _integer, float: _float, bool: _boolean, str: _string}[hint]  # type: ignore[index]  # a KeyError here is ours, at import


def _optional(read: Reader) -> Reader:
    return lambda value, name: None if value is None else read(value, name)


def _tuple(arguments: tuple[object, ...]) -> Reader:
    read = _reader(arguments[0])
    length = None if arguments[-1] is Ellipsis else len(arguments)

    def items(value: object, name: str) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise _wrong(name, "a list", value)
        if length is not None and len(value) != length:
            raise ValueError(f"{name}: expected {length} items, got {len(value)}")
        return tuple(read(item, f"{name}[{index}]") for index, item in enumerate(value))

    return items


def _dict(arguments: tuple[object, ...]) -> Reader:
    read_key = _inode if arguments[0] is int else _string
    read = _reader(arguments[1])

    def entries(value: object, name: str) -> dict[object, object]:
        found = _mapping(value, name)
        return {
            read_key(key, f"{name} key"): read(item, f"{name}[{key[:40]!r}]")
            for key, item in found.items()
        }

    return entries


def _inode(key: object, name: str) -> int:
    text = _string(key, name)
    # "0", or digits without a leading zero: one spelling per number, so keys cannot collide.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_INTEGER))):
        raise ValueError(f"{name}: expected a decimal number, got {text[:40]!r}")
    if text != str(int(text)):
        raise ValueError(f"{name}: expected no leading zero, got {text[:40]!r}")
    return _integer(int(text), name)


def _record(cls: type) -> Reader:
    fields = {name: _reader(hint) for name, hint in get_type_hints(cls).items()}

    def record(value: object, name: str) -> object:
        found = _mapping(value, name)
        for key in found.keys() - fields.keys():
            raise ValueError(f"{name}: unknown field {key[:40]!r}")
        for key in fields:
            if key not in found:
                raise ValueError(f"{name}.{key}: missing")
        return cls(**{key: read(found[key], f"{name}.{key}") for key, read in fields.items()})

    return record


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _wrong(name, "an object", value)
    for key in value:
        if not isinstance(key, str):
            raise _wrong(f"{name} key", "a string", key)
    return value


_SNAPSHOT = _record(Snapshot)
_LOOK = _record(Look)
_SEEN = _record(Seen)
_REACH = _record(Reach)
_REACHED = _record(Reached)
