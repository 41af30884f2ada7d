"""Expectations against values, as an author writes them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from course.exercises.comparison import Comparison, describe, satisfies


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("box-42", "box-42"),
        (1, 1),
        ("1", 1),
        ("64MiB", 67108864),
        (Comparison(gte="15MiB", lte="30MiB"), 20 << 20),
        (Comparison(near=(0.2, 0.02)), 0.21),
        (Comparison(re="^/srv/jail/"), "/srv/jail/bin/sh"),
        (Comparison(one_of=("a", "b")), "b"),
        (Comparison(differs="lab"), "box"),
    ],
)
def test_what_fits_fits(expected, value):
    assert satisfies(expected, value)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("box-42", "box-43"),
        ("box-42", None),
        (0, None),
        (1, True),
        ("64MiB", 64_000_000),
        (Comparison(gte="15MiB"), 1),
        (Comparison(gte=1), None),
        (Comparison(gte=1), "many"),
        (Comparison(near=(0.2, 0.02)), 0.3),
        (Comparison(differs="lab"), "lab"),
        (Comparison(differs="lab"), None),
    ],
)
def test_what_does_not_fit_does_not(expected, value):
    assert not satisfies(expected, value)


def test_a_pattern_that_is_none_is_refused_when_it_is_read():
    with pytest.raises(ValidationError, match="not a regular expression"):
        Comparison(re="(")


def test_an_expectation_reads_as_an_inequality():
    assert describe(Comparison(gte=1, lte=3)) == "≥ 1 ∧ ≤ 3"
