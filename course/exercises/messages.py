"""What a page may say on the checks socket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

LARGEST = 4096  # characters of one message
Name = Annotated[str, Field(max_length=80)]


class BadMessage(Exception):
    """Not a message of this protocol."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Visible(_Said):
    """The page came to the front, or went behind."""

    type: Literal["visible"]
    value: bool


class Predict(_Said):
    """A prediction is committed."""

    type: Literal["predict"]
    card: Name
    choice: Name


class Answer(_Said):
    """A question of the exercise is answered."""

    type: Literal["answer"]
    id: Name
    value: Annotated[str, Field(max_length=200)]


class Hint(_Said):
    """One more level of a diagnosis is asked for."""

    type: Literal["hint"]
    diagnosis: Name


class Shown(_Said):
    """What the terminal in front shows: a source of hints, and of nothing else."""

    type: Literal["shown"]
    text: Annotated[str, Field(max_length=2000)]


Said = Visible | Predict | Answer | Hint | Shown
_SAID: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="type")])


def parse(text: str) -> Said:
    """One message; raises BadMessage."""
    if len(text) > LARGEST:
        raise BadMessage("too long")
    try:
        return _SAID.validate_json(text)
    except ValidationError as bad:
        raise BadMessage(bad.errors()[0]["msg"]) from None
