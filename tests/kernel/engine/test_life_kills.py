"""kill -9 of the engine at any moment of containers' lives: what comes back is true, and all of it.

TERRARIUM_LIFE_KILLS says how often (a smaller number in CI), TERRARIUM_LIFE_SEED which moments.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import witness
from tests.contract.wire import Wire, ask, split_frames
from tests.kernel.engine.visiting import visitor

if TYPE_CHECKING:
    from tests.contract.engines import Engine

pytestmark = pytest.mark.kernel
ROUNDS = int(os.environ.get("TERRARIUM_LIFE_KILLS", "25"))
CODE = 7
TALK = f"echo begin; sleep 0.2; echo end; exit {CODE}"
TOLD = b"begin\nend\n"
LAB = {"Runtime": "lab", "StorageOpt": {"size": "32M"}, "NetworkMode": "none"}
SERVE = "mkdir /w; echo here > /w/index.html; exec httpd -f -p 80 -h /w"


@dataclass(slots=True)
class Known:
    """What the client was told of one container, and what it asked for without an answer."""

    program: str
    start_asked: bool = False
    started: bool = False
    stop_asked: bool = False
    removal_asked: bool = False  # Or it removes itself.
    removed: bool = False


@dataclass(slots=True)
class Client(threading.Thread):
    """Lives containers' lives until the engine dies under its hands."""

    engine: Engine
    chance: random.Random
    book: dict[str, Known] = field(default_factory=dict)
    fault: str = ""

    def __post_init__(self) -> None:
        threading.Thread.__init__(self, daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        try:
            while True:
                self.one_life()
        except OSError:  # The engine's death: refused, reset,
            return
        except AssertionError as error:  # or the connection's end.
            self.fault = "" if "closed the connection" in str(error) else str(error)

    def told(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        status, _, content = ask(self.engine, method, path, body)
        assert status < 500, (method, path, status, content)
        return status, content

    def one_life(self) -> None:
        talks, rm = self.chance.random() < 0.6, self.chance.random() < 0.25
        program = TALK if talks else "sleep 60"
        host = {"AutoRemove": rm, **(LAB if self.chance.random() < 0.1 else {})}
        asked = {"Image": "box:1", "Cmd": ["sh", "-c", program], "HostConfig": host}
        if self.chance.random() < 0.3:
            asked |= {"Volumes": {"/v": {}}}
        status, made = self.told("POST", "/containers/create", asked)
        assert status == 201, made
        container = f"/containers/{made['Id']}"
        known = self.book[made["Id"]] = Known(program)
        known.start_asked = True
        known.removal_asked = rm
        status, said = self.told("POST", f"{container}/start")
        assert status == 204, said
        known.started = True
        for deed in self.chance.choices(("look", "exec", "wait", "stop", "restart"), k=2):
            getattr(self, deed)(container, known)
        if self.chance.random() < 0.6:
            known.removal_asked = known.stop_asked = True
            known.removed = self.told("DELETE", f"{container}?force=1&v=1")[0] == 204

    def look(self, container: str, known: Known) -> None:
        self.told("GET", f"{container}/json")

    def exec(self, container: str, known: Known) -> None:
        status, made = self.told("POST", f"{container}/exec", {"Cmd": ["sh", "-c", "exit 3"]})
        if status == 201:
            self.told("POST", f"/exec/{made['Id']}/start", {"Detach": True})

    def wait(self, container: str, known: Known) -> None:
        if known.program == TALK:
            status, ended = self.told("POST", f"{container}/wait")
            allowed = {CODE} | ({0, 137, 143} if known.stop_asked else set())
            assert status == 404 or ended["StatusCode"] in allowed, ended

    def stop(self, container: str, known: Known) -> None:
        known.stop_asked = True
        self.told("POST", f"{container}/stop?t=0")

    def restart(self, container: str, known: Known) -> None:
        known.stop_asked = True
        self.told("POST", f"{container}/restart?t=0")


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def untrue(own, identity: str, known: Known) -> str:
    """What is wrong with what the engine says of a container, "" when nothing is."""
    status, _, found = ask(own.all, "GET", f"/containers/{identity}/json")
    if status == 404:
        return "" if known.removal_asked else "lost"
    state = found["State"]
    wrong = {"removed, and there again": known.removed}
    match state["Status"]:
        case "created":
            wrong["started, and as if never"] = known.started
        case "running":
            process = state_of(state["Pid"])
            wrong[f"said to run, but its process is {process}"] = process in ("Z", "X", "gone")
        case "exited":
            wrong |= wrong_end(own, identity, known, state)
        case other:
            wrong[f"left {other}"] = True
    return ", ".join(what for what, holds in wrong.items() if holds)


def holds(own, identity: str, known: Known) -> bool:
    return not untrue(own, identity, known)


def wrong_end(own, identity: str, known: Known, state: dict[str, Any]) -> dict[str, bool]:
    code, wrong = state["ExitCode"], {"ended without a start": not known.start_asked}
    if code == CODE and known.program == TALK:
        with Wire(own.all) as wire:
            wire.send("GET", f"/containers/{identity}/logs?stdout=1")
            _, headers = wire.head()
            said = split_frames(wire.body(headers)).get(1, b"")
        # A restarted one speaks again; what it was cut off from saying is not lost output.
        return wrong | {f"its output is {said!r}": not said.endswith(TOLD)}
    # A start that the engine died in the middle of is told as such.
    fair = known.stop_asked or (not known.started and "start" in state["Error"])
    return wrong | {f"ended with {code}: {state['Error']!r}": not fair}


def test_a_kill_at_any_moment_leaves_the_truth_and_nothing_else(own):
    chance = random.Random(os.environ.get("TERRARIUM_LIFE_SEED", "1"))
    engine = own.state / "engine"
    before = witness.held(engine)
    web = own.all.ask("run", "-d", "-p", "8088:80", "box:1", "sh", "-c", SERVE)
    served = own.all.inspect(web, ".State.Pid")
    with visitor(own.world.pid, 8088) as visits:
        for turn in range(ROUNDS):
            clients = [Client(own.all, random.Random(chance.random())) for _ in range(2)]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.0, 0.4))  # The moment is the test.
            own.end(signal.SIGKILL)
            for client in clients:
                client.join(30)
                assert client.fault == ""
            own.start()
            for identity, known in [pair for client in clients for pair in client.book.items()]:
                assert witness.settled(partial(holds, own, identity, known), within=10), (
                    turn,
                    identity,
                    known,
                    untrue(own, identity, known),
                )
            for identity in own.all.ask("ps", "-aq", "--no-trunc").split():
                if identity != web:
                    own.all.docker("rm", "-fv", identity)  # One with --rm may be gone by itself.
            assert own.all.ask("ps", "-aq", "--no-trunc") == web
    assert visits.failed == []
    assert visits.answered > ROUNDS
    assert own.all.inspect(web, ".State.Pid") == served
    own.all.ask("rm", "-f", web)
    own.all.docker("volume", "prune", "-af")
    assert witness.leaks(before, engine=engine, within=10) == []
