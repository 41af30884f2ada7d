"""Random lives of containers: the same calls to both engines have the same answers and events."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.contract.conftest import SLEEP
from tests.contract.wire import ask

pytestmark = pytest.mark.contract
NAMES = ("left", "right")
MORE = {"Memory": 64 << 20}
CALLS = (
    *("create", "start", "start", "stop?t=0", "kill", "kill?signal=WINCH", "pause", "unpause"),
    *("restart?t=0", "update", "rename", "remove", "remove?force=1"),
)
LENGTH = 14
SEEDS = range(8)


@dataclass(frozen=True, slots=True)
class Life:
    """What a client sees of a sequence of calls."""

    answers: list[tuple[str, str, int]]  # The call, of whom, its status.
    states: list[dict[str, str]]  # After each call.
    events: Counter[str]  # Without their order: dockerd tells of an end in either.


_DOCKERS: dict[int, Life] = {}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_life_is_the_same_on_both(engine, seed):
    life = _lived(engine, random.Random(seed))
    if engine.name == "dockerd":
        assert life.states[0] == {NAMES[0]: "created"}
        _DOCKERS[seed] = life
        return
    if seed not in _DOCKERS:
        pytest.skip("no reference: python -m tests.contract.reference builds one")
    assert life.answers == _DOCKERS[seed].answers
    assert life.states == _DOCKERS[seed].states
    assert life.events == _DOCKERS[seed].events


def _lived(engine, chance: random.Random) -> Life:
    _forget(engine)
    since = time.time()
    life = Life([], [], Counter())
    calls = [(chance.choice(CALLS), chance.choice(NAMES)) for _ in range(LENGTH)]
    for call, name in [("create", NAMES[0]), *calls]:
        life.answers.append((call, name, _called(engine, call, name)))
        life.states.append(_states(engine))
    _forget(engine)
    until = f"{time.time():.9f}"
    form = "{{.Actor.Attributes.name}} {{.Action}}"
    asked = ("events", f"--since={since:.9f}", f"--until={until}", "--filter=type=container")
    told = engine.ask(*asked, "--format", form).split("\n")
    # dockerd tells of these two from two places: twice, or of one that is killed, not at all.
    life.events.update(line for line in told if not line.endswith("pause"))
    return life


def _called(engine, call: str, name: str) -> int:
    what, _, query = call.partition("?")
    path, method = f"/containers/{name}/{what}?{query}", "POST"
    body: object = None
    match what:
        case "create":
            path, body = f"/containers/create?name={name}", SLEEP
        case "remove":
            path, method = f"/containers/{name}?{query}", "DELETE"
        case "update":
            body = MORE
        case "rename":
            path = f"/containers/{name}/rename?name={NAMES[name == NAMES[0]]}"
        case _:
            pass
    return int(ask(engine, method, path, body)[0])


def _states(engine) -> dict[str, str]:
    seen = {name: ask(engine, "GET", f"/containers/{name}/json") for name in NAMES}
    return {name: one[2]["State"]["Status"] for name, one in seen.items() if one[0] == 200}


def _forget(engine) -> None:
    for name in NAMES:
        ask(engine, "DELETE", f"/containers/{name}?force=1")
