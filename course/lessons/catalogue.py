"""content/course.yaml and the lesson pages beside it → frozen values, validated once at start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from django.conf import settings
from pydantic import Field

from course.lessons.documents import Frozen, Words, read

_PAGE = re.compile(r"(?P<number>\d\d)-(?P<name>[a-z0-9-]+)\.(?P<language>zh|en)\.md")

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,80}$")]
Kind = Literal["worked", "faded", "problem", "incident", "observe", "capstone"]


class NoSuchLesson(Exception):
    """The course has no such unit or lesson page."""


class ListedExercise(Frozen):
    """An exercise as the course page lists it, written or coming."""

    id: Id
    slug: Slug
    title: Words
    kind: Kind
    minutes: int = Field(gt=0, le=240)


class Unit(Frozen):
    """One unit of the course."""

    id: Id
    slug: Slug
    title: Words
    summary: Words
    exercises: tuple[ListedExercise, ...]


class Course(Frozen):
    """The whole course, in order."""

    units: tuple[Unit, ...]

    def unit(self, unit_id: str) -> Unit:
        """Raises NoSuchLesson."""
        for unit in self.units:
            if unit.id == unit_id:
                return unit
        raise NoSuchLesson(unit_id)

    def exercises(self) -> Iterator[ListedExercise]:
        """Every exercise, in the course's order."""
        for unit in self.units:
            yield from unit.exercises


class LessonPage(Frozen):
    """A lesson page that exists in at least one language."""

    unit: Id
    number: int
    name: str
    files: dict[str, Path]  # language → file

    def file(self, language: str) -> tuple[Path, str]:
        """The page's file in the language, or in the other one, and which one it is."""
        wanted = "zh" if language.startswith("zh") else "en"
        found = wanted if wanted in self.files else next(iter(self.files))
        return self.files[found], found


def course() -> Course:
    """The course of this installation. Raises BadContent."""
    return _loaded(Path(settings.TERRARIUM_CONTENT) / "course.yaml")


def is_written(unit: Unit, exercise: ListedExercise) -> bool:
    """Whether its directory holds exercise.yaml; the others are listed as coming."""
    directory = Path(settings.TERRARIUM_CONTENT) / "units" / unit.slug / "exercises"
    return (directory / exercise.slug / "exercise.yaml").is_file()


@cache
def written(content: Path) -> frozenset[str]:
    """The ids of the exercises that can be done; content does not change while the server runs."""
    return frozenset(
        exercise.id
        for unit in _loaded(content / "course.yaml").units
        for exercise in unit.exercises
        if is_written(unit, exercise)
    )


@cache
def pages(directory: Path, unit_id: str) -> tuple[LessonPage, ...]:
    """The lesson pages in a unit's directory, by number."""
    found: dict[tuple[int, str], dict[str, Path]] = {}
    for path in sorted(directory.glob("*.md")):
        if match := _PAGE.fullmatch(path.name):
            key = (int(match["number"]), match["name"])
            found.setdefault(key, {})[match["language"]] = path
    return tuple(
        LessonPage(unit=unit_id, number=number, name=name, files=files)
        for (number, name), files in sorted(found.items())
    )


def lesson_pages(unit: Unit) -> tuple[LessonPage, ...]:
    """The unit's lesson pages, by number."""
    return pages(Path(settings.TERRARIUM_CONTENT) / "units" / unit.slug, unit.id)


def lesson_page(unit: Unit, name: str) -> LessonPage:
    """Raises NoSuchLesson."""
    for page in lesson_pages(unit):
        if page.name == name:
            return page
    raise NoSuchLesson(name)


@cache
def _loaded(path: Path) -> Course:
    return read(path, Course)
