"""The shipped questions: every form of each is whole, in both languages."""

from __future__ import annotations

import re

import pytest

from course.study import bank
from course.study.questions import dealt

HAN = re.compile(r"[一-鿿]")
SEEDS = [str(number) for number in range(30)]


@pytest.mark.parametrize("name", bank.bank())
def test_a_card_asks_in_both_languages_whatever_is_drawn(name):
    card = bank.card(name)
    for seed in SEEDS:
        chinese, english = (dealt(name, card, seed=seed, language=told) for told in ("zh", "en"))
        assert chinese.truth == english.truth
        for question in (chinese, english):
            texts = [question.ask, question.because, *(option.text for option in question.options)]
            assert all(text and "{{" not in text for text in texts)
            assert len({option.text for option in question.options}) == len(question.options)
        assert HAN.search(chinese.ask)
        assert not HAN.search(english.ask + english.because)


def test_every_case_of_a_card_is_drawn_by_some_seed():
    for name, card in bank.bank().items():
        drawn = {dealt(name, card, seed=seed, language="en").because for seed in SEEDS}
        assert len(drawn) >= len(card.forms()), name
