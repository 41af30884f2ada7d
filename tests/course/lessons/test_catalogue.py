"""The course on disk: read once, and refused with the place where it is broken."""

from __future__ import annotations

import pytest
from django.conf import settings as deployed

from course.lessons import catalogue
from course.lessons.documents import BadContent


def test_the_shipped_course_lists_fourteen_units_and_sixty_exercises_in_both_languages():
    course = catalogue.course()
    exercises = list(course.exercises())
    assert (len(course.units), len(exercises)) == (14, 60)
    assert len({exercise.id for exercise in exercises}) == 60
    assert all(exercise.title.zh and exercise.title.en for exercise in exercises)


def test_every_directory_of_an_exercise_is_one_that_the_course_lists():
    listed = {
        f"{unit.slug}/{each.slug}" for unit in catalogue.course().units for each in unit.exercises
    }
    units = deployed.TERRARIUM_CONTENT / "units"
    on_disk = {
        f"{path.parts[-4]}/{path.parts[-2]}" for path in units.glob("*/exercises/*/exercise.yaml")
    }
    assert on_disk <= listed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("units: [", "course.yaml:1"),
        ("units: [{id: u01}]", "units.0.slug"),
        ("units: []\nextra: 1", "extra"),
        (
            "units: [{id: U 1, slug: a, title: {zh: a, en: b}, exercises: []}]",
            "units.0.id",
        ),
    ],
    ids=["syntax", "missing", "unknown", "a name that is none"],
)
def test_a_broken_course_says_where(tmp_path, settings, text, told):
    settings.TERRARIUM_CONTENT = tmp_path
    (tmp_path / "course.yaml").write_text(text)
    with pytest.raises(BadContent, match=told):
        catalogue.course()


def test_a_missing_course_is_named(tmp_path, settings):
    settings.TERRARIUM_CONTENT = tmp_path
    with pytest.raises(BadContent, match="No such file"):
        catalogue.course()
