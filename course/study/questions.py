"""A card of the bank as one learner is asked it: values drawn, words filled in."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from course.exercises.variables import fill, roll

if TYPE_CHECKING:
    from course.lessons.documents import Words
    from course.study.bank import Card


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen, or one item to put in order."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A card with one learner's values, in one language."""

    card: str
    kind: str  # choice | order
    ask: str
    options: tuple[Option, ...]  # of an ordering: its items, shuffled
    truth: str  # a key; of an ordering, the keys in order, with commas between
    because: str
    answered_by: str | None

    def accepts(self, choice: str) -> bool:
        """Whether this is an answer at all."""
        keys = [option.key for option in self.options]
        if self.kind == "order":
            return sorted(choice.split(",")) == sorted(keys)
        return choice in keys

    def in_order(self, choice: str) -> tuple[Option, ...]:
        """The items of an ordering as somebody, or the truth, has arranged them."""
        texts = {option.key: option for option in self.options}
        return tuple(texts[key] for key in choice.split(","))


def dealt(name: str, card: Card, *, seed: str, language: str) -> Question:
    """The card as this seed asks it; the same seed asks the same on every machine."""
    generator = Random(sha256(f"{seed}/case".encode()).digest())  # noqa: S311 - variety, not secrecy
    case = generator.choice(card.forms())
    drawn = roll(card.vars, seed)
    words = {key: fill(one.told(language), drawn) for key, one in case.words.items()}
    values = drawn | words

    def told(text: Words) -> str:
        return fill(text.told(language), values)

    shown = [Option(key, told(text)) for key, text in (card.options or card.items).items()]
    if card.kind == "order":
        generator.shuffle(shown)
    return Question(
        card=name,
        kind=card.kind,
        ask=told(card.ask),
        options=tuple(shown),
        truth=case.truth,
        because=told(case.because),
        answered_by=card.answered_by,
    )
