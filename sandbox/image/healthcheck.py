"""Docker's HEALTHCHECK: how to find out whether a container can do its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

_NAMES = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start_period": "StartPeriod",
    "start_interval": "StartInterval",
    "retries": "Retries",
}


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """Durations are nanoseconds. What is 0 or empty is left to the image, and then to Docker."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0

    @property
    def command(self) -> tuple[str, ...]:
        """What to run; nothing where there is no check."""
        match self.test:
            case ("CMD", *command):
                return tuple(command)
            case ("CMD-SHELL", *command):
                return ("/bin/sh", "-c", *command)
            case _:
                return ()

    def over(self, other: Self | None) -> Self:
        """With the other's answers where this one has none."""
        if other is None:
            return self
        answers = {name: getattr(self, name) or getattr(other, name) for name in _NAMES}
        return replace(self, test=self.test or other.test, **answers)

    def shown(self) -> dict[str, Any]:
        """As Docker writes it."""
        said = {shown: getattr(self, name) for name, shown in _NAMES.items()}
        given: dict[str, Any] = {"Test": list(self.test)} if self.test else {}
        return given | {shown: value for shown, value in said.items() if value}


def parsed(said: Mapping[str, Any] | None) -> Healthcheck | None:
    """From Docker's JSON. Raises TypeError, ValueError."""
    if said is None:
        return None
    test = tuple(str(word) for word in said.get("Test") or ())
    return Healthcheck(test, **{name: int(said.get(shown) or 0) for name, shown in _NAMES.items()})
