"""Filters by label: `label=NAME`, `label=NAME=VALUE` and, of what is pruned, `label!=`."""

from __future__ import annotations

from collections.abc import Mapping

Labels = Mapping[str, str]
Filters = Mapping[str, tuple[str, ...]]


def carries(labels: Labels | None, wanted: str) -> bool:
    """Whether it has the label, with this value where one is named."""
    name, sign, value = wanted.partition("=")
    return name in (labels or {}) and (not sign or (labels or {})[name] == value)


def fits(labels: Labels | None, filters: Filters) -> bool:
    """All that are wanted, and none of the unwanted."""
    return all(carries(labels, value) for value in filters.get("label", ())) and not any(
        carries(labels, value) for value in filters.get("label!", ())
    )
