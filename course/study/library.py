"""All content at once: every file read, every reference followed, before anybody is served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from course.exercises import attempts
from course.exercises.catalogue import PROSE
from course.lessons import catalogue, glossary, markdown, placement, units
from course.lessons.documents import BadContent, line_of, read_text
from course.lessons.texts import lesson_text
from course.study import bank

if TYPE_CHECKING:
    from course.lessons.catalogue import Course, Unit


def check() -> None:
    """Raises BadContent for the first file that cannot be used."""
    course = catalogue.course()
    glossary.glossary()
    _check_bank(course)
    _check_placement(course)
    for unit in course.units:
        _check_guide(unit, course)
        for page in catalogue.lesson_pages(unit):
            for language, path in page.files.items():
                for card, line in lesson_text(path, language).cards():
                    if card not in bank.bank():
                        raise BadContent(path, line, f"{card} is not in content/bank.yaml")
    for written in attempts.catalogue().exercises.values():
        for name in PROSE:
            _check_terms(written.directory / name)


def _check_terms(path: Path) -> None:
    for term, line in markdown.used_terms(markdown.parse(read_text(path))):
        if term not in glossary.glossary():
            raise BadContent(path, 1 + line, f"{term} is not in content/glossary.yaml")


def _check_bank(course: Course) -> None:
    path = Path(settings.TERRARIUM_CONTENT) / "bank.yaml"
    exercises = {exercise.id for exercise in course.exercises()}
    names = {unit.id for unit in course.units}
    for name, card in bank.bank().items():
        if card.unit not in names:
            line = line_of(read_text(path), name, "unit")
            raise BadContent(path, line, f"the course has no unit {card.unit}")
        if card.answered_by and card.answered_by not in exercises:
            line = line_of(read_text(path), name, "answered_by")
            raise BadContent(path, line, f"the course has no exercise {card.answered_by}")


def _check_placement(course: Course) -> None:
    path = Path(settings.TERRARIUM_CONTENT) / "placement.yaml"
    exercises = {exercise.id for exercise in course.exercises()}
    known = {"questions": set(bank.bank()), "tasks": exercises}
    for key, names in known.items():
        for place, name in enumerate(getattr(placement.placement(), key)):
            if name not in names:
                raise BadContent(path, line_of(read_text(path), key, place), f"there is no {name}")


def _check_guide(unit: Unit, course: Course) -> None:
    path = Path(settings.TERRARIUM_CONTENT) / "units" / unit.slug / "unit.yaml"
    guide = units.guide(unit)
    names = {other.id for other in course.units}
    for place, name in enumerate(guide.before):
        if name not in names:
            line = line_of(read_text(path), "before", place)
            raise BadContent(path, line, f"the course has no unit {name}")
    for place, name in enumerate(guide.review):
        if name not in bank.bank():
            line = line_of(read_text(path), "review", place)
            raise BadContent(path, line, f"{name} is not in content/bank.yaml")
