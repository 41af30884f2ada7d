"""What a probe's field may ask of a value: equality, ranges, nearness, patterns, membership."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|kB|MB|GB|B)$")
UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}

Scalar = bool | int | float | Annotated[str, StringConstraints(max_length=4096)]
Value = Scalar | None


class Comparison(BaseModel):
    """A mapping form of an expectation; all its members must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    gte: Scalar | None = None
    lte: Scalar | None = None
    near: tuple[float, float] | None = None
    re: str | None = None
    one_of: tuple[Scalar, ...] | None = Field(default=None, validation_alias="in")
    differs: Scalar | None = Field(default=None, validation_alias="not")

    @field_validator("re")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as bad:
                raise ValueError(f"not a regular expression: {bad}") from None
        return pattern

    @model_validator(mode="after")
    def _says_something(self) -> Comparison:
        if not self.model_fields_set:
            raise ValueError("a comparison needs one of gte, lte, near, re, in, not")
        return self


Expectation = Scalar | Comparison


def number(value: Value) -> float | None:
    """A number, also one written as a string or as a size ("64MiB"); None when it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    sized = SIZE.match(value.strip())
    if sized:
        return float(sized[1]) * UNITS[sized[2]]
    try:
        return float(value)
    except ValueError:
        return None


def equal(expected: Scalar, value: Value) -> bool:
    """Equality after both sides were read as numbers where both can be."""
    if value is None or isinstance(expected, bool) or isinstance(value, bool):
        return expected is value
    left, right = number(expected), number(value)
    if left is not None and right is not None:
        return left == right
    return str(expected) == str(value)


def satisfies(expected: Expectation, value: Value) -> bool:
    """Whether a value is what the author asked for; an absent value never is."""
    if not isinstance(expected, Comparison):
        return equal(expected, value)
    if value is None:
        return False
    return (
        _in_range(expected, value)
        and (expected.re is None or re.search(expected.re, str(value)) is not None)
        and (expected.one_of is None or any(equal(one, value) for one in expected.one_of))
        and (expected.differs is None or not equal(expected.differs, value))
    )


def _in_range(expected: Comparison, value: Value) -> bool:
    bounds = (expected.gte, expected.lte, expected.near)
    if bounds == (None, None, None):
        return True
    measured = number(value)
    if measured is None:
        return False
    low, high = number(expected.gte), number(expected.lte)
    if expected.near is not None:
        middle, tolerance = expected.near
        if abs(measured - middle) > tolerance:
            return False
    return (low is None or measured >= low) and (high is None or measured <= high)


def describe(expected: Expectation) -> str:
    """The expectation as an inequality that reads the same in every language."""
    if not isinstance(expected, Comparison):
        return f"= {shown(expected)}"
    parts = []
    if expected.gte is not None:
        parts.append(f"≥ {expected.gte}")
    if expected.lte is not None:
        parts.append(f"≤ {expected.lte}")
    if expected.near is not None:
        parts.append(f"≈ {expected.near[0]:g} ± {expected.near[1]:g}")
    if expected.re is not None:
        parts.append(f"~ /{expected.re}/")
    if expected.one_of is not None:
        parts.append("∈ {" + ", ".join(map(str, expected.one_of)) + "}")
    if expected.differs is not None:
        parts.append(f"≠ {expected.differs}")
    return " ∧ ".join(parts)


def shown(value: Value) -> str:
    """A value as a learner reads it; an absent one is a dash."""
    match value:
        case None:
            return "—"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
