"""The keys by which a client leaves a terminal and its program goes on: `ctrl-p,ctrl-q`."""

from __future__ import annotations

import re

from sandbox.engine.errors import BadParameter

DEFAULT = b"\x10\x11"
_CONTROL = re.compile(r"ctrl-([a-z@\[\\\]^_])")


def keys(text: str) -> bytes:
    """What is typed; "" is the default. Raises BadParameter with dockerd's text."""
    if not text:
        return DEFAULT
    return bytes(_key(one, text) for one in text.split(","))


def _key(name: str, text: str) -> int:
    if name == "DEL":
        return 0x7F
    if len(name) == 1 and name.isascii():
        return ord(name)
    found = _CONTROL.fullmatch(name)
    if found is None:
        raise BadParameter(f"Invalid escape keys ({text}) provided")
    return ord(found[1].upper()) & 0x1F
