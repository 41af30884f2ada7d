"""content/placement.yaml: what is asked of those who know much of this already."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import Field, model_validator

from course.lessons.catalogue import Id
from course.lessons.documents import Frozen, read


class Placement(Frozen):
    """Questions of the bank and exercises; enough of the one and all of the other open the lane."""

    questions: tuple[Id, ...] = Field(min_length=1)
    enough: int = Field(ge=1)
    tasks: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _can_be_passed(self) -> Placement:
        if self.enough > len(self.questions):
            raise ValueError(f"enough: there are {len(self.questions)} questions only")
        return self


def placement() -> Placement:
    """The placement test of this installation. Raises BadContent."""
    return _loaded(Path(settings.TERRARIUM_CONTENT) / "placement.yaml")


@cache
def _loaded(path: Path) -> Placement:
    return read(path, Placement)
