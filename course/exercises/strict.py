"""What every part of the exercise format is: frozen, and closed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A key nobody knows is a mistake of the author, not an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
