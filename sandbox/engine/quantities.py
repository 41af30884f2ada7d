"""Sizes as people write them: 64m, 2 GiB, 512."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+)\s*([bkmgt]?)(?:i?b)?", re.ASCII | re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def in_bytes(size: str) -> int:
    """Raises ValueError with Docker's text."""
    found = _SIZE.fullmatch(size)
    if found is None:
        raise ValueError(f"invalid size: '{size}'")
    return int(found[1]) * _UNITS[found[2].lower()]
