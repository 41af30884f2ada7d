"""Three questions from earlier units at a unit's start: what was learnt once is fetched again."""

from __future__ import annotations

from course.lessons import catalogue, units
from course.lessons.placement import placement
from course.study import bank

CARDS = 3
# How many units back, in this order (curriculum 2.0); where one does not exist, the next fills in.
BACK = (1, 3, 6, 2, 4, 5)


def chosen(unit_id: str, round_: int) -> tuple[str, ...]:
    """The cards of a round; with every round the choice moves on. Raises NoSuchLesson."""
    course = catalogue.course()
    unit = course.unit(unit_id)
    if units.guide(unit).review:
        return units.guide(unit).review
    place = course.units.index(unit)
    earlier = [course.units[place - back].id for back in BACK if back <= place]
    decks = [deck for name in earlier if (deck := _deck(name))]
    picked: list[str] = []
    while decks and len(picked) < CARDS:
        for deck in decks[: CARDS - len(picked)]:
            card = deck[(round_ - 1) % len(deck)]
            if card in picked:  # The deck is asked a second time, or was short.
                card = next((other for other in deck if other not in picked), card)
            picked.append(card)
        if set().union(*decks) <= set(picked):
            break
    return tuple(dict.fromkeys(picked))


def _deck(unit_id: str) -> list[str]:
    """A unit's cards; the placement test keeps its own."""
    kept = set(placement().questions)
    return [name for name, card in bank.bank().items() if card.unit == unit_id and name not in kept]
