"""content/glossary.yaml: what each term means, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from django.conf import settings
from pydantic import Field, RootModel

from course.lessons.documents import BadContent, Frozen, line_of, read, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 400  # characters: one or two sentences

TermId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]


class Meaning(Frozen):
    """A term in one language."""

    term: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=LONGEST)


class Entry(Frozen):
    """A term in both."""

    zh: Meaning
    en: Meaning

    def told(self, language: str) -> Meaning:
        """Anything that is not Chinese reads English."""
        return self.zh if language.startswith("zh") else self.en


class Glossary(RootModel[dict[TermId, Entry]]):
    """All terms by id."""


@dataclass(frozen=True, eq=False)
class Terms:
    """The glossary as a text in one language uses it."""

    language: str  # of the page: "zh" or "en"
    meanings: Mapping[str, Meaning]


NO_TERMS = Terms("en", {})


def glossary() -> dict[str, Entry]:
    """The terms of this installation, sorted by id. Raises BadContent."""
    return _loaded(Path(settings.TERRARIUM_CONTENT) / "glossary.yaml")


def terms(language: str) -> Terms:
    """The meanings in one language. Raises BadContent."""
    told = "zh" if language.startswith("zh") else "en"
    return _terms(Path(settings.TERRARIUM_CONTENT) / "glossary.yaml", told)


@cache
def _terms(path: Path, language: str) -> Terms:
    return Terms(language, {key: entry.told(language) for key, entry in _loaded(path).items()})


@cache
def _loaded(path: Path) -> dict[str, Entry]:
    entries = read(path, Glossary).root
    for before, after in pairwise(entries):
        if after < before:
            line = line_of(read_text(path), after)
            raise BadContent(path, line, f"{after} stands after {before}: terms are sorted by id")
    return entries
