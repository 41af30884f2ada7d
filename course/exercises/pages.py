"""The exercise page's values: what the template shows and what its scripts begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from course.exercises import attempts
from course.exercises.attempts import Sheet
from course.exercises.cards import card_json
from course.exercises.environment import cgroup_version
from course.lessons import catalogue, glossary, markdown
from course.progress import record
from sandbox.session import leases

if TYPE_CHECKING:
    from pydantic import JsonValue

    from course.exercises.definition import Exercise
    from course.progress.models import Learner
    from sandbox.session.models import Lease

# The page puts the lease's id and the terminal's name in these places.
LEASE, NAME = "LEASE", "NAME"


@dataclass(frozen=True, slots=True)
class Desk:
    """An exercise in front of one learner: their values, and how far they are."""

    sheet: Sheet
    exercise: Exercise
    lease: Lease | None
    passed: frozenset[str]  # steps
    choices: dict[str, str]
    done: bool
    surprise: str  # what the learner wrote about it


def desk(user: Learner, exercise_id: str) -> Desk:
    """Raises NoSuchExercise."""
    written = attempts.catalogue()[exercise_id]
    attempt = record.current(user, exercise_id)
    lease = leases.open_lease(user, exercise_id)
    number = attempt.number if attempt else 1
    seed = lease.seed if lease else attempts.seed_of(user, exercise_id, number)
    sheet = Sheet(written, seed, number, cgroup_version())
    return Desk(
        sheet=sheet,
        exercise=written.with_values(sheet.values),
        lease=lease,
        passed=frozenset(record.passed_steps(attempt)) if attempt else frozenset(),
        choices=record.predictions(attempt) if attempt else {},
        done=attempt is not None and attempt.passed_at is not None,
        surprise=record.surprises(user).get(exercise_id, ""),
    )


def context(desk: Desk, language: str) -> dict[str, Any]:
    """What exercises/exercise.html shows."""
    exercise = desk.exercise
    unit = catalogue.course().unit(exercise.id.split("-")[0])
    told = "zh" if language.startswith("zh") else "en"
    terms = glossary.terms(told)
    task, explanation = (desk.sheet.read(f"{name}.{told}.md") for name in ("task", "explain"))
    explained = frozenset(name for name, _ in markdown.used_terms(markdown.parse(task)))
    return {
        "exercise": {
            "id": exercise.id,
            "title": exercise.title.tell(language),
            "goal": exercise.goal.tell(language),
            "kind": exercise.kind,
            "minutes": exercise.minutes,
            "unit_id": unit.id,
            "unit_title": unit.title.told(language),
        },
        "lessons": catalogue.lesson_pages(unit),
        "task_html": markdown.render(task, terms),
        "explanation_html": markdown.render(explanation, terms, explained),
        "next_url": _next(exercise.id),
        "surprise": desk.surprise,
        "page": _page(desk, language),
    }


def _page(desk: Desk, language: str) -> dict[str, JsonValue]:
    exercise = desk.exercise
    return {
        "passed": desk.done,
        "steps": [_step(desk, index, language) for index in range(len(exercise.steps))],
        "cards": [
            card_json(
                card,
                language,
                choice=desk.choices.get(card.id),
                answered=card.before in desk.passed,
            )
            for card in exercise.predict
        ],
        "asks": [
            {"id": ask.id, "ask": ask.ask.tell(language), "type": ask.type, "value": ""}
            for ask in exercise.asks
        ],
        "lease": leases.described(desk.lease) if desk.lease else None,
        "urls": _urls(exercise.id, language),
    }


def _step(desk: Desk, index: int, language: str) -> JsonValue:
    step = desk.exercise.steps[index]
    passed = step.id in desk.passed
    first = {card.id for card in desk.exercise.predict if card.before == step.id}
    return {
        "id": step.id,
        "title": step.title.tell(language),
        "passed": passed,
        "locked": not passed and not first <= set(desk.choices),
        "checks": [
            {
                "id": check.id,
                "state": "passed" if passed else "pending",
                "say": check.say.tell(language),
                "expected": None,
                "found": None,
                "why": None,
            }
            for check in step.checks
        ],
        "diagnosis": None,
    }


def _urls(exercise_id: str, language: str) -> JsonValue:
    lab = reverse("lab", args=[LEASE])
    return {
        "start": reverse("start_lab", args=[exercise_id]),
        "lease": lab,
        "reset": reverse("reset_lab", args=[LEASE]),
        "extend": reverse("extend_lab", args=[LEASE]),
        "end": reverse("end_lab", args=[LEASE]),
        "checks": f"/ws/labs/{LEASE}/checks?lang={language}",
        "terminal": f"/ws/labs/{LEASE}/terminal/{NAME}",
    }


def _next(exercise_id: str) -> str:
    """The address of the next written exercise of the course, "" after the last."""
    order = [exercise.id for exercise in catalogue.course().exercises()]
    written = attempts.catalogue().exercises
    later = order[order.index(exercise_id) + 1 :] if exercise_id in order else []
    return next((reverse("exercise", args=[one]) for one in later if one in written), "")
