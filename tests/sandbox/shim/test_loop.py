"""The shim's own event loop."""

from __future__ import annotations

import os

import pytest

from sandbox.shim.loop import HUP, IN, OUT, Loop


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def soon(loop: Loop) -> None:
    loop.alarm(0, lambda: None)
    loop.turn()


def test_a_callback_gets_the_events_until_it_is_forgotten(loop, pipe):
    heard: list[int] = []
    loop.watch(pipe[0], IN, heard.append)
    soon(loop)
    os.write(pipe[1], b"x")
    soon(loop)
    loop.forget(pipe[0])
    soon(loop)
    assert heard == [IN]


def test_a_paused_reader_hears_nothing_and_not_even_a_hang_up(loop):
    reading, writing = os.pipe()
    heard: list[int] = []
    loop.watch(reading, IN, heard.append)
    loop.want(reading, 0)
    os.close(writing)
    soon(loop)
    assert heard == []
    loop.want(reading, IN)
    soon(loop)
    assert heard == [HUP]
    loop.forget(reading)
    os.close(reading)


def test_wanted_events_can_be_changed(loop, pipe):
    heard: list[int] = []
    loop.watch(pipe[1], 0, heard.append)
    loop.want(pipe[1], OUT)
    soon(loop)
    assert heard == [OUT]


def test_an_event_of_a_forgotten_descriptor_is_not_given_to_the_next_of_its_number(loop):
    """Both are ready in one turn; the first callback puts another file in the second's place."""
    pairs = [os.pipe(), os.pipe()]
    for _, writing in pairs:
        os.write(writing, b"x")
    fresh = os.pipe()
    heard: list[str] = []

    def exchange(number: int) -> None:
        other = pairs[1 - number][0]
        if heard:
            return
        heard.append("exchanged")
        loop.forget(other)
        os.dup2(fresh[0], other)
        loop.watch(other, IN, lambda _events: heard.append("not for me"))

    for number, (reading, _) in enumerate(pairs):
        loop.watch(reading, IN, lambda _events, number=number: exchange(number))
    soon(loop)
    assert heard == ["exchanged"]
    for descriptor in {*pairs[0], *pairs[1], *fresh}:
        os.close(descriptor)


def test_an_alarm_rings_once(loop):
    rung: list[bool] = []
    loop.alarm(0.001, lambda: rung.append(True))
    loop.turn()
    soon(loop)
    assert rung == [True]


def test_the_loop_ends_when_told_to(loop, pipe):
    os.write(pipe[1], b"x")
    loop.watch(pipe[0], IN, lambda _events: loop.stop())
    loop.run()
