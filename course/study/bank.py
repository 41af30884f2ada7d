"""content/bank.yaml: questions to commit to before the kernel answers. Never graded.

A card is asked anew with other values: `vars` draw numbers, `cases` change what is asked and what
is true.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from django.conf import settings
from pydantic import Field, RootModel, model_validator

from course.exercises.definition import Variable
from course.exercises.variables import places
from course.lessons.catalogue import Id
from course.lessons.documents import Frozen, Words, read


class NoSuchCard(Exception):
    """The bank holds no card of that name."""


class Case(Frozen):
    """One form of a card: words that fill its places, and what is true then."""

    words: dict[str, Words] = Field(default={})
    truth: str
    because: Words


class Card(Frozen):
    """A question. Its truth is an option's key, or, for an ordering, the order of its items."""

    unit: Id
    answered_by: Id | None = None  # the exercise in which the kernel answers
    kind: Literal["choice", "order"] = "choice"
    vars: dict[str, Variable] = Field(default={})
    ask: Words
    options: dict[Id, Words] = Field(default={}, max_length=6)
    items: dict[Id, Words] = Field(default={}, max_length=9)
    truth: str | None = None
    because: Words | None = None
    cases: tuple[Case, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Card:
        if self.kind == "order":
            self._check_order()
        else:
            self._check_choice()
        for form in self.forms():
            known = {*self.vars, *form.words}
            texts = [self.ask, form.because, *self.options.values(), *self.items.values()]
            used = {name for text in texts for name in places([text.zh, text.en])}
            if unknown := sorted(used - known):
                raise ValueError(f"{{{{{unknown[0]}}}}} is defined neither in vars nor in words")
        return self

    def _check_order(self) -> None:
        if len(self.items) < 3 or self.options or self.truth or self.cases:  # noqa: PLR2004 - two are no order
            raise ValueError("an order has three items or more, as they truly stand, and no truth")
        if self.because is None:
            raise ValueError("because is missing")

    def _check_choice(self) -> None:
        if len(self.options) < 2 or self.items:  # noqa: PLR2004 - one is no choice
            raise ValueError("write two options or more, and no items")
        if bool(self.cases) == bool(self.truth and self.because):
            raise ValueError("write truth and because, or cases")
        for form in self.forms():
            if form.truth not in self.options:
                raise ValueError(f"truth: {form.truth} is not among the options")

    def forms(self) -> tuple[Case, ...]:
        """The card's cases; one without cases is a case itself."""
        if self.cases:
            return self.cases
        assert self.because is not None
        return (Case(truth=self.truth or ",".join(self.items), because=self.because),)


class Bank(RootModel[dict[Id, Card]]):
    """All cards by id."""


def bank() -> dict[str, Card]:
    """The cards of this installation, in the file's order. Raises BadContent."""
    return _loaded(Path(settings.TERRARIUM_CONTENT) / "bank.yaml")


def card(name: str) -> Card:
    """Raises NoSuchCard."""
    try:
        return bank()[name]
    except KeyError:
        raise NoSuchCard(name) from None


@cache
def _loaded(path: Path) -> dict[str, Card]:
    return read(path, Bank).root
