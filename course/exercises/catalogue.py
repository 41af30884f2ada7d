"""content/ on disk → exercises, validated once at start; a broken one names file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import JsonValue, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from course.exercises.definition import Exercise, conditions_of
from course.exercises.variables import (
    control_group_names,
    fill_tree,
    places,
    roll,
    undefined,
)

LARGEST_DEFINITION = 256 * 1024  # bytes
PROSE = ("task.zh.md", "task.en.md", "explain.zh.md", "explain.en.md")


class BrokenExercise(Exception):
    """A definition that cannot be used: where and why, as "file:line: reason"."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")


class NoSuchExercise(Exception):
    """Nobody has written an exercise of that name."""


@dataclass(frozen=True)
class Written:
    """An exercise as its author wrote it, before a learner's values are filled in."""

    directory: Path
    tree: dict[str, JsonValue]
    exercise: Exercise  # With its variables unfilled.

    @property
    def id(self) -> str:
        """The short name that addresses and the course list use."""
        return self.exercise.id

    def with_values(self, values: Mapping[str, str]) -> Exercise:
        """The exercise of one attempt."""
        return Exercise.model_validate(fill_tree(self.tree, values))

    def values(self, *, seed: str, cgroup_version: int) -> dict[str, str]:
        """Everything `{{…}}` may name in this attempt."""
        return roll(self.exercise.variables, seed) | control_group_names(cgroup_version)

    def read(self, name: str) -> str:
        """One of the exercise's own files; "" when it is not there."""
        path = self.directory / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def files(self, folder: str, suffix: str) -> list[Path]:
        """The files of one of its folders, in order."""
        return sorted((self.directory / folder).glob(f"*{suffix}"))


@dataclass(frozen=True)
class Catalogue:
    """All written exercises by id."""

    exercises: Mapping[str, Written]

    def __getitem__(self, exercise_id: str) -> Written:
        """Raises NoSuchExercise."""
        try:
            return self.exercises[exercise_id]
        except KeyError:
            raise NoSuchExercise(exercise_id) from None


def load(content: Path) -> Catalogue:
    """Read content/units/*/exercises/*/exercise.yaml; raises BrokenExercise for the first."""
    found: dict[str, Written] = {}
    for path in sorted(content.glob("units/*/exercises/*/exercise.yaml")):
        written = read_exercise(path)
        if written.id in found:
            raise BrokenExercise(
                path, 1, f"id {written.id} is taken by {found[written.id].directory}"
            )
        found[written.id] = written
    return Catalogue(found)


def read_exercise(path: Path) -> Written:
    """One exercise, checked as far as that is possible without a lab."""
    if path.stat().st_size > LARGEST_DEFINITION:
        raise BrokenExercise(path, 1, f"larger than {LARGEST_DEFINITION} bytes")
    text = path.read_text(encoding="utf-8")
    tree = _parse(path, text)
    try:
        exercise = Exercise.model_validate(tree)
        written = Written(path.parent, tree, exercise)
        # Values may break what was fine with a placeholder: a pattern, a number.
        written.with_values(written.values(seed="check", cgroup_version=1))
    except ValidationError as broken:
        first = broken.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        # Only now: the nodes know their lines, and take as long again to read.
        line = _line(YAML(typ="safe").compose(text), first["loc"])
        raise BrokenExercise(path, line, f"{where}: {first['msg']}") from None
    _check_names(path, written)
    _check_files(path, written)
    return written


def _parse(path: Path, text: str) -> dict[str, JsonValue]:
    try:
        tree = YAML(typ="safe").load(text)
    except MarkedYAMLError as broken:
        mark = broken.problem_mark
        raise BrokenExercise(path, mark.line + 1 if mark else 1, str(broken.problem)) from None
    except YAMLError as broken:
        raise BrokenExercise(path, 1, str(broken)) from None
    if not isinstance(tree, dict):
        raise BrokenExercise(path, 1, "expected a mapping of keys")
    return cast("dict[str, JsonValue]", tree)


def _line(node: Node, location: tuple[int | str, ...]) -> int:
    """The line of the deepest node that the location names."""
    line: int = node.start_mark.line + 1
    for part in location:
        below = _below(node, part)
        if below is None:
            continue  # The name of a union's member: not in the document.
        node = below
        line = node.start_mark.line + 1
    return line


def _below(node: Node, part: int | str) -> Node | None:
    below: Node | None = None
    if isinstance(node, SequenceNode) and isinstance(part, int):
        below = node.value[part] if part < len(node.value) else None
    elif isinstance(node, MappingNode):
        below = next((value for key, value in node.value if key.value == str(part)), None)
    return below


def bound_names(exercise: Exercise) -> set[str]:
    """Every name that some condition binds with `as`."""
    return {
        probe.bind
        for condition in conditions_of(exercise)
        for probe in (condition.proc, condition.cg)
        if probe is not None and probe.bind is not None
    }


def _check_names(path: Path, written: Written) -> None:
    exercise = written.exercise
    if not path.parent.name.startswith(f"{exercise.id}-"):
        raise BrokenExercise(path, 1, f"id {exercise.id} is not the start of its directory's name")
    used = [*places(written.tree)]
    for name in (*PROSE, "setup.sh", "solution.sh"):
        used += places(written.read(name))
    unknown = undefined(used, defined=exercise.variables, bound=bound_names(exercise))
    if unknown:
        raise BrokenExercise(path, 1, f"{{{{{unknown[0]}}}}} is not defined in vars")


def _check_files(path: Path, written: Written) -> None:
    for name in (*PROSE, "solution.sh"):
        if not (written.directory / name).is_file():
            raise BrokenExercise(path, 1, f"{name} is missing")
    for condition in conditions_of(written.exercise):
        script = condition.script
        if script is not None and not (written.directory / script.file).is_file():
            raise BrokenExercise(path, 1, f"{script.file} is missing")
