"""Search in memory: Latin words by their beginnings, Chinese by pairs of characters."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise, takewhile
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_QUERY = 80  # characters; what comes after is not looked for
MOST_HITS = 30
CUT_BEFORE, CUT_LENGTH = 40, 160  # characters of a snippet
IN_TITLE, IN_HEADING, IN_TEXT = 8.0, 4.0, 1.0
_RUN = re.compile(r"(?P<han>[\u3400-\u9fff]+)|[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that can be found: a section of a lesson, an exercise, a term."""

    kind: str  # lesson | exercise | term
    address: str
    title: str
    heading: str  # of the section; "" for what has none
    text: str

    @property
    def opens(self) -> bool:
        """Whether the title is about this passage, and not about the whole page that it is in."""
        return self.kind != "lesson" or not self.heading


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that holds the whole query, and a piece of it with the query marked."""

    passage: Passage
    snippet: tuple[tuple[str, bool], ...]  # text, and whether it was asked for


class Index:
    """Which passages hold which words. Never changes, so threads may share it."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._passages = tuple(passages)
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        for place, passage in enumerate(self._passages):
            for word, weight in _weights(passage).items():
                postings[word][place] = weight
        self._postings = dict(postings)
        self._words = sorted(postings)

    def find(self, query: str) -> list[Hit]:
        """The best first; among equals, in the course's order."""
        asked = query[:LONGEST_QUERY]
        wanted = list(dict.fromkeys(_wanted(asked)))
        if not wanted:
            return []
        scores = [self._scores(word, whole=whole) for word, whole in wanted]
        everywhere = set(scores[0]).intersection(*scores[1:])

        def order(place: int) -> tuple[bool, float, int]:
            """What is called so before everything else."""
            called = _folded(self._passages[place].title) == _folded(asked).strip()
            return (not called, -sum(score[place] for score in scores), place)

        ranked = sorted(everywhere, key=order)
        return [
            Hit(self._passages[place], snippet(self._passages[place].text, asked))
            for place in ranked[:MOST_HITS]
        ]

    def _scores(self, word: str, *, whole: bool) -> dict[int, float]:
        """How much each passage is about the word; rare words say more."""
        start = bisect_left(self._words, word)
        words = takewhile(lambda other: other.startswith(word), self._words[start:])
        scores: dict[int, float] = defaultdict(float)
        for other in [word] if whole else words:
            posting = self._postings.get(other, {})
            rarity = log(1 + len(self._passages) / (len(posting) or 1))
            for place, weight in posting.items():
                scores[place] += weight * rarity * (1.0 if other == word else 0.5)
        return scores


def snippet(text: str, query: str) -> tuple[tuple[str, bool], ...]:
    """The surroundings of the first match, cut into what was asked for and what was not."""
    runs = {match[0] for match in _RUN.finditer(_folded(query))}
    if not runs:
        return ((text[:CUT_LENGTH], False),)
    longest_first = sorted(runs, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
    first = pattern.search(text)
    start = max(0, first.start() - CUT_BEFORE) if first else 0
    if first and start:  # at a word's beginning, where words have spaces between
        start = text.find(" ", start, first.start()) + 1 or start
    cut = text[start : start + CUT_LENGTH]
    pieces = [("…", False)] if start else []
    done = 0
    for match in pattern.finditer(cut):
        pieces += [(cut[done : match.start()], False), (match[0], True)]
        done = match.end()
    pieces.append((cut[done:], False))
    if start + CUT_LENGTH < len(text):
        pieces.append(("…", False))
    return tuple(piece for piece in pieces if piece[0])


def _weights(passage: Passage) -> dict[str, float]:
    weights: dict[str, float] = defaultdict(float)
    title = IN_TITLE if passage.opens else IN_TEXT
    parts = ((passage.title, title), (passage.heading, IN_HEADING), (passage.text, IN_TEXT))
    for text, weight in parts:
        for word, times in Counter(_words(text)).items():
            weights[word] += weight * (1 + log(times))
    return weights


def _words(text: str) -> Iterator[str]:
    """What a text is found by: Latin words; Chinese characters, alone and in pairs."""
    for match in _RUN.finditer(_folded(text)):
        if match["han"]:
            yield from match[0]
            yield from ("".join(pair) for pair in pairwise(match[0]))
        else:
            yield match[0]


def _wanted(query: str) -> Iterator[tuple[str, bool]]:
    """The query's words, and whether each has to be there whole: Latin ones may go on."""
    for match in _RUN.finditer(_folded(query)):
        if not match["han"]:
            yield match[0], False
        elif len(match[0]) == 1:
            yield match[0], True
        else:
            yield from (("".join(pair), True) for pair in pairwise(match[0]))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
