"""What `manage.py course lint` and `new` say: content as it is, and content with a slip in it."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from course.exercises import attempts, coverage, proofreading
from course.exercises.catalogue import load
from course.exercises.lint import problems
from course.exercises.trials import ALWAYS, Claim, sampled, trials
from course.lessons.catalogue import course

CONTENT = Path(__file__).resolve().parents[3] / "content"


@pytest.fixture
def content(tmp_path, settings):
    """A copy of the content that a test may spoil."""
    settings.TERRARIUM_CONTENT = tmp_path / "content"
    shutil.copytree(CONTENT, settings.TERRARIUM_CONTENT)
    attempts.catalogue.cache_clear()
    yield settings.TERRARIUM_CONTENT
    attempts.catalogue.cache_clear()


def lint(*options: str) -> str:
    out = StringIO()
    try:
        call_command("course", "lint", *options, stdout=out)
    except CommandError as refused:
        return f"{out.getvalue()}{refused}"
    return out.getvalue()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_content_as_it_is_has_no_slip():
    assert "no problem" in lint()


def test_every_line_of_the_notes_has_a_unit_once():
    rows = coverage.table(CONTENT, course(), attempts.catalogue())
    planned = [line for row in rows for line in range(row.first, row.last + 1)]
    assert len(planned) == len(set(planned))
    assert max(planned) == 524


def test_a_line_that_nothing_covers_is_named_with_its_unit(content):
    for language in ("zh", "en"):
        path = content / f"units/u01-why/30-machines-and-containers.{language}.md"
        change(path, "notes: [27, 28, 29,", "notes: [27,")
    assert "notes: u01 teaches line 28-29, and no page or exercise covers it" in lint()


def test_the_table_names_what_covers_a_line_and_what_comes_later():
    table = lint("--notes")
    (row,) = [line for line in table.splitlines() if line.startswith("55 ")]
    assert "u03-1" in row
    (later,) = [line for line in table.splitlines() if line.startswith("475")]
    assert later.split()[1:] == ["u13", "later"]


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("/exercises/u01-1/", False),
        ("/exercises/u14-4/", True),
        ("/lessons/u01/neighbours/", False),
        ("/nowhere/", True),
        ("#there", False),
        ("#missing", True),
        ("https://docs.kernel.org/", False),
        ("http://docs.kernel.org/", True),
    ],
)
def test_a_link_that_leads_nowhere_is_found(link, dead):
    text = f"# Title\n\n## Part {{#there}}\n\n[words]({link})\n"
    assert bool(list(proofreading.dead_links(text, load(CONTENT)))) is dead


def test_pages_out_of_step_are_found(content):
    path = content / "units/u01-why/20-neighbours.en.md"
    path.write_text(path.read_text() + "\n## More {#more}\n\n```console\nps\n```\n")
    told = lint()
    assert "u01/20-neighbours: headings or anchors differ" in told
    assert "u01/20-neighbours: code fences differ" in told


def test_a_step_without_a_diagnosis_is_found(content):
    path = content / "units/u02-namespaces/exercises/u02-1-hostname/exercise.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("    diagnose:")], encoding="utf-8")
    assert "step own: whoever is stuck there is told nothing" in lint()


def test_a_new_exercise_is_whole_and_without_a_slip(content):
    unit = course().unit("u03")
    listed = unit.exercises[0]
    shutil.rmtree(content / "units" / unit.slug / "exercises" / listed.slug)
    call_command("course", "new", unit.id, listed.id, stdout=StringIO())
    written = load(content)[listed.id]
    assert list(problems(written, course())) == []
    assert [one.claim for one in trials(written)].count(Claim.DIAGNOSED) == 2
    with pytest.raises(CommandError, match="is there already"):
        call_command("course", "new", unit.id, listed.id)


def test_three_samples_in_a_row_hold_every_trial():
    catalogue = attempts.catalogue().exercises.values()
    plan = [trial for written in catalogue for trial in trials(written)]
    turns = [{(one.written.id, one.name) for one in sampled(plan, turn)} for turn in (7, 8, 9)]
    assert set.union(*turns) == {(one.written.id, one.name) for one in plan}
    assert all((written.id, "untouched") in turn for turn in turns for written in catalogue)
    assert max(map(len, turns)) < len(plan) / 2 + len(ALWAYS) * len(catalogue)


def test_a_new_exercise_is_listed_first():
    with pytest.raises(CommandError, match="list u99-1 in content/course"):
        call_command("course", "new", "u99", "u99-1")
