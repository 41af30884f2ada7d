"""Random sequences of requests, the same for both engines: same answers, same states, same events.

What a container runs either lives until it is killed or ends at once, so that its state depends on
the requests alone. TERRARIUM_LIVES=FIRST-LAST asks for other sequences than the usual ones.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests import witness
from tests.contract.wire import Wire, ask

if TYPE_CHECKING:
    from tests.contract.engines import Engine

pytestmark = pytest.mark.contract
FIRST, _, LAST = os.environ.get("TERRARIUM_LIVES", "1-6").partition("-")
STEPS = 30
NAMES = ("anne", "bert")
LONG, SHORT = ["sleep", "600"], ["true"]
BODIES: tuple[dict[str, Any], ...] = (
    {"Cmd": LONG},
    {"Cmd": LONG, "StopSignal": "USR1"},
    {"Cmd": LONG, "HostConfig": {"RestartPolicy": {"Name": "always"}}},
    {"Cmd": LONG, "HostConfig": {"AutoRemove": True}},
    {"Cmd": SHORT},
    {"Cmd": ["nope"]},
    {"Cmd": ["nope"], "HostConfig": {"AutoRemove": True}},
    {
        "Cmd": ["false"],
        "HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 1}},
    },
)
REQUESTS = (
    *("start", "start", "start", "stop?t=0", "kill", "kill?signal=USR1", "kill?signal=NOPE"),
    *("restart?t=0", "pause", "unpause", "rename?name=NEW", "resize?h=4&w=5", "exec"),
    *("DELETE", "DELETE", "DELETE?force=1", "stop?t=0&signal=NOPE", "wait?condition=nope"),
    *("GET top", "GET changes", "GET logs", "update", "update", "resize?h=x"),
)
UPDATES: tuple[dict[str, Any], ...] = (
    {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 1}},
    {"RestartPolicy": {"Name": "no"}},
    {"RestartPolicy": {"Name": "sometimes"}},
    {"Memory": 1},
    {"Memory": 64 << 20, "MemorySwap": -1},
)
STATE = ("Status", "Running", "Paused", "Restarting", "Dead", "OOMKilled", "ExitCode", "Error")
TRACES: dict[int, list[str]] = {}  # The reference's, which goes first.


def sequence(seed: int) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Method, path and body of each request."""
    chance = random.Random(seed)
    found: list[tuple[str, str, dict[str, Any] | None]] = []
    for _ in range(STEPS):
        name = chance.choice(NAMES)
        if chance.random() < 0.25:
            body = {"Image": "box:1", **chance.choice(BODIES)}
            found.append(("POST", f"/containers/create?name={name}", body))
            continue
        wish = chance.choice(REQUESTS).replace("NEW", chance.choice((*NAMES, "cleo")))
        if wish.startswith("DELETE"):
            found.append(("DELETE", f"/containers/{name}{wish.removeprefix('DELETE')}", None))
        elif wish.startswith("GET"):
            found.append(("GET", f"/containers/{name}/{wish.removeprefix('GET ')}", None))
        else:
            asked = {"exec": {"Cmd": ["true"]}, "update": chance.choice(UPDATES)}.get(wish)
            found.append(("POST", f"/containers/{name}/{wish}", asked))
    return found


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST or FIRST) + 1))
def test_a_random_life_is_as_docker_has_it(engine, seed):
    trace = lived(engine, seed)
    if engine.name == "dockerd":
        TRACES[seed] = trace
    elif seed in TRACES:
        assert trace == TRACES[seed]
    else:
        pytest.skip("needs the reference")


def lived(engine: Engine, seed: int) -> list[str]:
    """One line for each request, then the events."""
    clean(engine)
    since = time.time()
    trace, ids = [], []
    for method, path, body in sequence(seed):
        status, _, answer = ask(engine, method, path, body)
        if status == 201 and "create" in path:
            ids.append(answer["Id"])
        message = answer.get("message", "") if isinstance(answer, dict) else ""
        trace.append(f"{method} {path} {json.dumps(body)}: {status} {plain(message, ids)}")
        trace += [f"    {line}" for line in states(engine, ids)]
    return trace + events(engine, since, ids)


def clean(engine: Engine) -> None:
    for row in ask(engine, "GET", "/containers/json?all=1")[2]:
        ask(engine, "DELETE", f"/containers/{row['Id']}?force=1")


def states(engine: Engine, ids: list[str]) -> list[str]:
    """Of those that are there, once nothing changes by itself any more."""
    shown: list[str] = []

    def settled() -> bool:
        shown.clear()
        moving = False
        for identity in ids:
            status, _, found = ask(engine, "GET", f"/containers/{identity}/json")
            if status == 404:
                continue
            state = found["State"]
            ends = found["Path"] != LONG[0] or found["HostConfig"]["AutoRemove"]
            moving |= state["Status"] in ("restarting", "removing") or (
                ends and state["Status"] not in ("created", "running", "paused", "exited")
            )
            moving |= found["Path"] != LONG[0] and state["Running"]
            moving |= found["HostConfig"]["AutoRemove"] and state["Status"] == "exited"
            facts = [str(state[name]) for name in STATE]
            shown.append(plain(" ".join([found["Name"], *facts, str(found["RestartCount"])]), ids))
        return not moving

    assert witness.settled(settled, within=20), shown
    return shown


def events(engine: Engine, since: float, ids: list[str]) -> list[str]:
    """In no order: dockerd tells of a stop and of its end in two threads.

    And without unpause, of which it may not hear before what it kills is dead.
    """
    filters = quote(json.dumps({"type": ["container"]}))
    until = time.time()
    path = f"/events?since={since:.9f}&until={until:.9f}&filters={filters}"
    raw = engine_lines(engine, path)
    told = []
    for line in raw:
        about = json.loads(line)
        if about["Actor"]["ID"] in ids and about["Action"] != "unpause":
            code = about["Actor"]["Attributes"].get("exitCode", "")
            told.append(plain(f"{about['Actor']['ID']} {about['Action']} {code}", ids))
    return sorted(told)


def engine_lines(engine: Engine, path: str) -> list[bytes]:
    """A stream of JSON values, to its end."""
    with Wire(engine) as wire:
        wire.send("GET", path)
        _, headers = wire.head()
        return [line for line in wire.body(headers).splitlines() if line.strip()]


def plain(text: str, ids: list[str]) -> str:
    """Ids by the order of their creation."""
    for number, identity in enumerate(ids):
        text = text.replace(identity, f"<{number}>").replace(identity[:12], f"<{number}>")
    return re.sub(r"\b[0-9a-f]{64}\b", "<id>", text)
