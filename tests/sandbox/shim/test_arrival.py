"""An exec on its way: nobody waits for it."""

from __future__ import annotations

import json
import os

from sandbox.boot.report import Failed
from sandbox.shim.arrival import Arrival
from sandbox.shim.loop import Loop
from tests.sandbox.shim.ends import quiet, until


def usher() -> int:
    """A child that has ended, as the usher has when its report ends."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child


def arriving(loop: Loop) -> tuple[Arrival, int, list[int | Failed]]:
    reading, writing = os.pipe()
    told: list[int | Failed] = []
    return Arrival(loop, usher(), reading, told.append), writing, told


def test_while_it_is_held_up_the_loop_goes_on():
    loop = Loop()
    arrival, writing, told = arriving(loop)
    os.write(writing, b'{"pid": 12}\n')
    quiet(loop)
    assert told == []
    arrival.abandon()
    quiet(loop)
    assert told == []
    os.close(writing)
    os.wait()


def test_it_has_arrived_when_the_report_ends():
    loop = Loop()
    _, writing, told = arriving(loop)
    os.write(writing, b'{"pid": 12}\n')
    os.close(writing)
    until(loop, lambda: told)
    assert told == [12]


def test_a_failure_is_told_with_its_step_and_the_newcomer_is_buried():
    loop = Loop()
    _, writing, told = arriving(loop)
    newcomer = usher()
    failure = {"step": "exec", "errno": 2, "detail": "not there"}
    os.write(writing, f'{{"pid": {newcomer}}}\n{json.dumps(failure)}\n'.encode())
    os.close(writing)
    until(loop, lambda: told)
    assert told == [Failed("exec", 2, "not there")]


def test_an_end_without_a_word_is_a_failure():
    loop = Loop()
    _, writing, told = arriving(loop)
    os.close(writing)
    until(loop, lambda: told)
    assert isinstance(told[0], Failed)
