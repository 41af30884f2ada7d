"""Moments as Docker writes them: RFC 3339 with nanoseconds, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

NEVER = "0001-01-01T00:00:00Z"
_SECOND = 1_000_000_000
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)", re.ASCII)
_DURATION = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_UNITS = {
    "h": 3600 * _SECOND,
    "m": 60 * _SECOND,
    "s": _SECOND,
    "ms": 1_000_000,
    "us": 1000,
    "ns": 1,
}


def rfc3339(nanoseconds: int) -> str:
    """A moment since the epoch, as Go's RFC3339Nano: no trailing zeros in the fraction."""
    seconds, fraction = divmod(nanoseconds, _SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{whole}{decimals}Z"


def moment(text: str, now: int) -> int:
    """A moment as nanoseconds() takes it, or how long before now: 1h30m, 500ms. ValueError."""
    if text and _DURATION.fullmatch(text):
        parts = _PART.findall(text)
        return now - sum(int(float(number) * _UNITS[unit]) for number, unit in parts)
    return nanoseconds(text)


def nanoseconds(text: str) -> int:
    """The moment in an RFC 3339 text, or in seconds with a fraction. Raises ValueError."""
    if found := _RFC3339.fullmatch(text):
        day, time, fraction, zone = found.groups()
        zone = "+00:00" if zone in (None, "Z") else zone
        moment = datetime.fromisoformat(f"{day}T{time or '00:00:00'}{zone}")
        return int(moment.timestamp()) * _SECOND + int((fraction or "0").ljust(9, "0"))
    seconds, _, fraction = text.partition(".")
    if len(fraction) > len("000000000") or not (fraction or "0").isdecimal():
        raise ValueError(f"invalid timestamp {text!r}")
    return int(seconds) * _SECOND + int((fraction or "0").ljust(9, "0"))
