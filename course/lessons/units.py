"""content/units/<unit>/unit.yaml: what a unit is for, and what it builds upon."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from course.lessons.catalogue import Id
from course.lessons.documents import Frozen, Words, read

if TYPE_CHECKING:
    from course.lessons.catalogue import Unit


class Guide(Frozen):
    """What surrounds a unit's lessons and exercises."""

    goals: tuple[Words, ...] = ()
    before: tuple[Id, ...] = ()  # units to have done
    review: tuple[Id, ...] = ()  # cards to begin with; none: drawn from earlier units
    notes: tuple[int, ...] = ()  # the lines of the notes that the unit covers


def guide(unit: Unit) -> Guide:
    """The unit's guide, an empty one while nothing of the unit is written. Raises BadContent."""
    return _loaded(Path(settings.TERRARIUM_CONTENT) / "units" / unit.slug / "unit.yaml")


@cache
def _loaded(path: Path) -> Guide:
    return read(path, Guide) if path.exists() else Guide()
