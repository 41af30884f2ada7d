"""Signals by name or number, as `docker kill` and StopSignal take them."""

from __future__ import annotations

import signal

_LAST = 64


def number(text: str) -> int:
    """`KILL`, `sigkill`, `9` and `RTMIN+3` are signals. Raises ValueError with Docker's text."""
    name = text.upper().removeprefix("SIG")
    if text.isdecimal() and int(text) > 0:
        if int(text) > _LAST:
            raise ValueError(f"the linux daemon does not support signal {int(text)}")
        return int(text)
    head, sign, offset = name.partition("+") if "+" in name else name.partition("-")
    if head in ("RTMIN", "RTMAX") and (not sign or offset.isdecimal()):
        found = getattr(signal, f"SIG{head}") + int(f"{sign}{offset or 0}")
        if signal.SIGRTMIN <= found <= signal.SIGRTMAX:
            return int(found)
    try:
        return int(signal.Signals[f"SIG{name}"])
    except KeyError:
        raise ValueError(f"invalid signal: {text}") from None
