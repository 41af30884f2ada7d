"""Which lines of the source notes the content covers: computed from the content, not kept by hand.

content/notes.yaml plans the lines for units; pages and exercises name in `notes:` what they cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import RootModel

from course.lessons import catalogue
from course.lessons.documents import read
from course.lessons.texts import lesson_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from course.exercises.catalogue import Catalogue
    from course.lessons.catalogue import Course, Unit


class Plan(RootModel[dict[str, list[tuple[int, int]]]]):
    """The ranges of lines, both ends included, by unit."""


@dataclass(frozen=True, slots=True)
class Row:
    """One range of the plan and what covers it; lines that nothing covers are missing."""

    first: int
    last: int
    unit: str
    later: bool  # The unit has no page yet: nothing of it is missing.
    covered_by: tuple[str, ...]
    missing: tuple[int, ...]

    @property
    def lines(self) -> str:
        """ "53-54", or one number."""
        return f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"


def table(content: Path, course: Course, exercises: Catalogue) -> list[Row]:
    """The whole plan, in the order of the lines. Raises BadContent."""
    plan = read(content / "notes.yaml", Plan).root
    claims = _claims(course, exercises)
    pages = {unit.id for unit in course.units if catalogue.lesson_pages(unit)}
    rows = [
        _row((first, last), unit, claims, later=unit not in pages)
        for unit, ranges in plan.items()
        for first, last in ranges
    ]
    return sorted(rows, key=lambda row: row.first)


def numbers(lines: Iterable[int]) -> str:
    """ "1-3, 7" for 1, 2, 3 and 7."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def _row(
    bounds: tuple[int, int], unit: str, claims: Mapping[str, Collection[int]], *, later: bool
) -> Row:
    wanted = set(range(bounds[0], bounds[1] + 1))
    covering = tuple(name for name, lines in claims.items() if wanted & set(lines))
    missing = wanted.difference(*(claims[name] for name in covering))
    return Row(*bounds, unit, later, covering, () if later else tuple(sorted(missing)))


def _claims(course: Course, exercises: Catalogue) -> dict[str, Collection[int]]:
    """What covers which lines: pages as unit/name, exercises by their id."""
    claims: dict[str, Collection[int]] = {}
    for unit in course.units:
        claims |= _pages(unit)
    return claims | {one.id: one.exercise.notes for one in exercises.exercises.values()}


def _pages(unit: Unit) -> dict[str, Collection[int]]:
    return {
        f"{unit.id}/{page.name}": {
            line
            for language, path in page.files.items()
            for line in lesson_text(path, language).notes
        }
        for page in catalogue.lesson_pages(unit)
    }
