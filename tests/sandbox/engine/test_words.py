"""Names, signals, moments, profiles: the small vocabularies of the engine."""

from __future__ import annotations

import re
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.engine import clock, names, profiles, signals
from sandbox.engine.errors import BadParameter, NotOffered


@given(st.integers(min_value=0, max_value=4_102_444_800_000_000_000))
def test_a_moment_survives_being_written_and_read(moment):
    assert clock.nanoseconds(clock.rfc3339(moment)) == moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("1.5", 1.5), ("1970-01-01T00:00:02Z", 2), ("1970-01-01T01:00:00+01:00", 0)],
)
def test_moments_are_read_in_every_form_that_docker_takes(text, seconds):
    assert clock.nanoseconds(text) == seconds * 1_000_000_000


@pytest.mark.parametrize("text", ["x", "1.x", "2026-13-01", ""])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        clock.nanoseconds(text)


@pytest.mark.parametrize("text", ["KILL", "SIGKILL", "sigkill", "9"])
def test_a_signal_has_many_names(text):
    assert signals.number(text) == 9


@pytest.mark.parametrize("text", ["BOGUS", "0", "-1", "RTMIN+99"])
def test_what_is_no_signal_is_refused_in_dockers_words(text):
    with pytest.raises(ValueError, match="invalid signal: "):
        signals.number(text)


def test_a_number_beyond_the_last_signal_has_words_of_its_own():
    with pytest.raises(ValueError, match="the linux daemon does not support signal 65"):
        signals.number("65")


def test_a_name_that_is_made_up_is_allowed_and_free():
    taken = {names.made_up((), "f" * 64) for _ in range(50)}
    new = names.made_up(taken, "f" * 64)
    assert new not in taken
    assert names.checked(new) == new


def test_names_have_dockers_form_and_end_with_the_short_id():
    class Everything:
        tried: ClassVar[list[str]] = []

        def __contains__(self, name):
            self.tried.append(name)
            return True

    assert names.made_up(Everything(), "0123456789abcdef") == "0123456789ab"
    assert re.fullmatch(r"[a-z]+_[a-z]+", Everything.tried[0])
    assert all(re.fullmatch(r"[a-z]+_[a-z]+\d", name) for name in Everything.tried[1:])


@pytest.mark.parametrize("name", ["", "a", "a b", "-ab", "ä1", "a/b"])
def test_names_that_docker_refuses_are_refused(name):
    with pytest.raises(BadParameter, match="Invalid container name"):
        names.checked(name)


def test_a_profile_that_cannot_be_had_says_why():
    with pytest.raises(NotOffered, match="network"):
        profiles.profile("duo")
    with pytest.raises(BadParameter, match="plain"):
        profiles.profile("nonsense")


@pytest.mark.parametrize(
    ("text", "ago"), [("1h", 3600), ("1h30m", 5400), ("500ms", 0.5), ("1.5s", 1.5), ("0s", 0)]
)
def test_a_moment_may_be_so_long_ago(text, ago):
    now = 10**18
    assert clock.moment(text, now) == now - int(ago * 1_000_000_000)


def test_a_moment_that_is_no_duration_is_a_moment():
    assert clock.moment("2", 0) == 2_000_000_000
    with pytest.raises(ValueError, match=r"."):
        clock.moment("1x", 0)
