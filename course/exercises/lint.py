"""What an author can get wrong and a machine can see, without a lab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from course.exercises.catalogue import Written, bound_names
from course.exercises.typed import BadScript, acts, expected_diagnosis
from course.exercises.variables import places, undefined
from course.lessons.catalogue import Course

SCRIPTS = ("alt", "mistakes", "cheats")
LEAST = 2  # diagnoses, and mistakes
FENCE = re.compile(r"^[ ]*```[^\n]*\n.*?^[ ]*```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,4}) .*?(?:\{#([a-z0-9-]+)\})?$", re.MULTILINE)
HAN = re.compile(r"[一-鿿]")


def problems(written: Written, course: Course) -> Iterator[str]:
    """One sentence per problem."""
    yield from _listed(written, course)
    for name in ("task", "explain"):
        yield from same_structure(
            name, written.read(f"{name}.zh.md"), written.read(f"{name}.en.md")
        )
    yield from _anchors(written)
    yield from _languages(written)
    yield from _diagnoses(written)
    yield from _scripts(written)


def _listed(written: Written, course: Course) -> Iterator[str]:
    exercise = written.exercise
    listed = next((one for one in course.exercises() if one.id == exercise.id), None)
    if listed is None:
        yield f"course.yaml does not list {exercise.id}"
        return
    same = {
        "slug": (listed.slug, written.directory.name),
        "kind": (listed.kind, exercise.kind),
        "minutes": (listed.minutes, exercise.minutes),
        "title.zh": (listed.title.zh, exercise.title.zh),
        "title.en": (listed.title.en, exercise.title.en),
    }
    for name, (there, here) in same.items():
        if there != here:
            yield f"{name} is {here!r} here and {there!r} in course.yaml"


def same_structure(name: str, chinese: str, english: str) -> Iterator[str]:
    """Headings, anchors and commands are the same in both languages."""
    left, right = _headings(chinese), _headings(english)
    if left != right:
        yield f"{name}: headings or anchors differ: zh {left}, en {right}"
    if _fences(chinese) != _fences(english):
        yield f"{name}: code fences differ between zh and en"


def _headings(text: str) -> list[tuple[int, str]]:
    return [(len(level), anchor) for level, anchor in HEADING.findall(FENCE.sub("", text))]


def _fences(text: str) -> list[str]:
    return [re.sub(r"^[ ]+", "", fence, flags=re.MULTILINE) for fence in FENCE.findall(text)]


def _anchors(written: Written) -> Iterator[str]:
    anchors = {anchor for _, anchor in _headings(written.read("task.en.md"))}
    for step in written.exercise.steps:
        if step.id not in anchors:
            yield f"task: no heading carries {{#{step.id}}}, the step's anchor"


def _languages(written: Written) -> Iterator[str]:
    for name in ("task", "explain"):
        if not HAN.search(written.read(f"{name}.zh.md")):
            yield f"{name}.zh.md holds no Chinese"
        if HAN.search(written.read(f"{name}.en.md")):
            yield f"{name}.en.md holds Chinese"


def _diagnoses(written: Written) -> Iterator[str]:
    known = {rule.id for step in written.exercise.steps for rule in step.diagnose}
    silent = [step.id for step in written.exercise.steps if not step.diagnose]
    for step in silent:
        yield f"step {step}: whoever is stuck there is told nothing; it has no diagnosis"
    mistakes = written.files("mistakes", ".sh")
    if len(known) < LEAST:
        yield f"{len(known)} diagnoses, at least {LEAST} are asked for"
    if len(mistakes) < LEAST:
        yield f"{len(mistakes)} mistakes, at least {LEAST} are asked for"
    for path in mistakes:
        expected = expected_diagnosis(path.read_text(encoding="utf-8"))
        if expected not in known:
            yield f"mistakes/{path.name}: the first line must be `# expect: ID` of a diagnosis"


def _scripts(written: Written) -> Iterator[str]:
    bound = bound_names(written.exercise)
    scripts = ["solution.sh", *(f"{one.parent.name}/{one.name}" for one in _all_scripts(written))]
    for name in scripts:
        text = written.read(name)
        for unknown in undefined(places(text), defined=written.exercise.variables, bound=bound):
            yield f"{name}: {{{{{unknown}}}}} is not defined in vars"
        try:
            acts(text)
        except BadScript as bad:
            yield f"{name}: {bad}"


def _all_scripts(written: Written) -> list[Path]:
    return [path for folder in SCRIPTS for path in written.files(folder, ".sh")]
