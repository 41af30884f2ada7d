"""Prediction cards as the page reads them: the kernel's answer only after the step was passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

    from course.exercises.definition import Card


def card_json(
    card: Card, language: str, *, choice: str | None, answered: bool
) -> dict[str, JsonValue]:
    """One card; truth and reason are absent until they may be known."""
    told: dict[str, JsonValue] = {
        "id": card.id,
        "before": card.before,
        "ask": card.ask.tell(language),
        "options": [
            {"key": key, "text": text.tell(language)} for key, text in card.options.items()
        ],
        "choice": choice,
    }
    if answered and choice is not None:
        told |= {"truth": card.truth, "because": card.because.tell(language)}
    return told
