"""Docker's HEALTHCHECK."""

from __future__ import annotations

import pytest

from sandbox.image.healthcheck import Healthcheck, parsed

IMAGES = Healthcheck(("CMD", "a"), interval=1, timeout=2, retries=3)


@pytest.mark.parametrize(
    ("test", "command"),
    [
        ((), ()),
        (("NONE",), ()),
        (("CMD", "a", "b"), ("a", "b")),
        (("CMD-SHELL", "a b"), ("/bin/sh", "-c", "a b")),
        (("OTHER", "a"), ()),
    ],
)
def test_what_is_run(test, command):
    assert Healthcheck(test).command == command


def test_what_a_container_does_not_say_its_image_says():
    assert Healthcheck(retries=9).over(IMAGES) == Healthcheck(("CMD", "a"), 1, 2, retries=9)
    assert Healthcheck(("NONE",)).over(IMAGES).command == ()
    assert Healthcheck(("CMD", "b")).over(None) == Healthcheck(("CMD", "b"))


def test_it_is_shown_as_it_was_said():
    said = {"Test": ["CMD", "a"], "Interval": 5, "StartPeriod": 6, "Retries": 2}
    check = parsed(said)
    assert check is not None
    assert check.shown() == said
    assert parsed(None) is None
