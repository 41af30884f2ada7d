"""Definitions on disk: what is complete is read, what is broken is named with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course.exercises.catalogue import BrokenExercise, NoSuchExercise, load
from course.exercises.lint import problems
from course.lessons.catalogue import course

CONTENT = Path(__file__).resolve().parents[3] / "content"
FIVE = ["u02-1", "u02-2", "u02-3", "u03-1", "u04-1"]


@pytest.fixture
def broken(tmp_path):
    """Copies u02-1 and changes its definition; loading it must fail."""
    source = next(CONTENT.glob("units/*/exercises/u02-1-hostname"))
    copy = tmp_path / "units" / "u02-x" / "exercises" / "u02-1-hostname"
    shutil.copytree(source, copy)

    def change(old: str, new: str) -> BrokenExercise:
        path = copy / "exercise.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(BrokenExercise) as refused:
            load(tmp_path)
        return refused.value

    return change


def test_the_first_five_exercises_are_written():
    assert set(FIVE) <= load(CONTENT).exercises.keys()


@pytest.mark.parametrize("exercise", sorted(load(CONTENT).exercises))
def test_the_linter_has_nothing_to_say(exercise):
    assert list(problems(load(CONTENT)[exercise], course())) == []


def test_an_exercise_nobody_wrote_is_not_found():
    with pytest.raises(NoSuchExercise):
        load(CONTENT)["u14-4"]


def test_an_unknown_key_is_refused_with_its_line(broken):
    refused = str(broken("minutes: 5", "minuets: 5"))
    assert "exercise.yaml:" in refused
    assert "minutes" in refused


def test_an_unknown_predicate_names_the_line_it_stands_on(broken):
    refused = str(broken('{as: p, where: {ns.uts: "!init"}}', '{as: p, where: {ns.utz: "!init"}}'))
    assert "exercise.yaml:2" in refused
    assert "no such namespace type" in refused


def test_a_variable_that_is_not_defined_is_refused(broken):
    assert "{{n}} is not defined" in str(broken("  n: {int: [11, 98]}", "  m: {int: [11, 98]}"))


def test_broken_yaml_is_refused_with_its_line(broken):
    assert "exercise.yaml:2:" in str(broken("id: u02-1", "id: [u02-1"))


def test_a_key_written_twice_is_refused(broken):
    assert "exercise.yaml:" in str(broken("minutes: 5", "minutes: 5\nminutes: 6"))


def test_an_answer_without_a_question_is_refused(broken):
    refused = broken(
        "          - uts: {of: init, hostname: lab}", "          - answer: {id: a, equals: 1}"
    )
    assert "asks has no such question" in str(refused)


def test_an_id_that_does_not_fit_its_directory_is_refused(broken):
    assert "directory" in str(broken("id: u02-1", "id: u02-4"))
