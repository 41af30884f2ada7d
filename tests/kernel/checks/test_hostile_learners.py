"""Root in a lab against the checks: nothing deceives them, nothing holds them, nobody else notices.

Every attack is judged through the same samples and the same judge as a learner's page; that the
neighbour still answers and that nothing is left on the host is asserted by make_lab.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from course.exercises.asking import Witness
from course.exercises.definition import Exercise
from course.exercises.judge import Standings, judge
from course.exercises.verdict import CheckVerdict, State
from sandbox.observe.codec import reached_from, seen_from, snapshot_from, to_json
from sandbox.observe.reach import Reach, Reached
from sandbox.observe.snapshot import Look, Seen, Snapshot
from tests.contract.engines import Engine as Socket
from tests.contract.wire import ask
from tests.kernel.labs import Lab
from tests.witness import settled

pytestmark = pytest.mark.kernel

PATIENCE = 60  # seconds: not a measure of speed, only the end of a checker that hangs
TEXT = {"zh": "字", "en": "words"}
NAMED = {
    "hold": "2s",
    "all": [
        {"proc": {"as": "p", "where": {"ns.uts": "!init"}}},
        {"uts": {"of": "p", "hostname": "box"}},
    ],
}
WORD = {"file": {"path": "/root/word", "equals": "right"}}
PAGE = {"http": {"url": "http://127.0.0.1:8080/", "status": 200, "body": "right"}}


@dataclass(frozen=True, slots=True)
class Glass:
    """A running lab as the web process sees it."""

    lab: Lab

    async def snapshot(self) -> Snapshot:
        return snapshot_from(await self._ask("GET", "snapshot"))

    async def look(self, looks: Sequence[Look]) -> list[Seen]:
        return [seen_from(one) for one in await self._ask("POST", "look", looks)]

    async def reach(self, asked: Sequence[Reach]) -> list[Reached]:
        return [reached_from(one) for one in await self._ask("POST", "reach", asked)]

    async def _ask(self, method: str, verb: str, body: Sequence[Any] = ()) -> Any:
        path = f"/terrarium/containers/{self.lab.id}/{verb}"
        api = Socket("ours", str(self.lab.api))
        sent = [to_json(one) for one in body] if method == "POST" else None
        status, _, answer = await asyncio.to_thread(ask, api, method, path, sent)
        assert status == 200, answer
        return answer


class Sitting:
    """One check at one lab, judged again and again."""

    def __init__(self, lab: Lab, condition: dict[str, Any]) -> None:
        check = {"id": "c", "say": TEXT, **condition}
        self.exercise = Exercise.model_validate(
            {"id": "u01-1", "kind": "worked", "minutes": 1, "title": TEXT, "goal": TEXT,
             "profile": "plain", "steps": [{"id": "s", "title": TEXT, "checks": [check]}]}
        )  # fmt: skip
        self.standings = Standings()
        self.witness = Witness(Glass(lab), Path())

    async def look(self) -> CheckVerdict:
        evidence = await self.witness.sample(self.exercise, self.standings, typed={}, values={})
        (step,) = judge(self.exercise, evidence, self.standings).steps
        return step.checks[0]

    async def watch(self, times: int = 2, pause: float = 0.0) -> list[CheckVerdict]:
        told = []
        async with asyncio.timeout(PATIENCE):
            for _ in range(times):
                told.append(await self.look())
                await asyncio.sleep(pause)
        return told


def none_passes(told: list[CheckVerdict]) -> bool:
    return all(one.state in (State.FAILING, State.PENDING) for one in told)


FORGED = r"""
printf '#!/bin/sh\necho box\n' >/tmp/forged; chmod +x /tmp/forged
for name in ls ps cat hostname uname readlink id sh dash; do
  for place in /usr/local/bin /usr/bin; do cp --remove-destination /tmp/forged $place/$name; done
done
echo box >/etc/hostname
"""
PRELOADED = "rm -f /etc/ld.so.preload; mkfifo /etc/ld.so.preload"  # Whoever loads it waits.
NO_LIBRARIES = "mount -t tmpfs none /usr/lib"
FALSE_PROC = """
mkdir -p /tmp/p/1/ns /tmp/p/self /tmp/p/sys/kernel; echo box >/tmp/p/sys/kernel/hostname
ln -s 'uts:[4026531999]' /tmp/p/1/ns/uts; mount --bind /tmp/p /proc
"""


@pytest.mark.parametrize("attack", [FORGED, PRELOADED, NO_LIBRARIES, FALSE_PROC])
async def test_what_programs_and_proc_say_is_not_asked(lab: Lab, attack: str):
    lab.sh(f"unshare --uts sleep 1000 & {attack}")
    told = await Sitting(lab, NAMED).watch()
    assert none_passes(told)
    assert told[-1].found is not None
    assert "sleep[" in told[-1].found.en  # The process itself was found, and what it is called.
    assert "box" not in told[-1].found.en


@pytest.fixture
def right_canary(canary: Path) -> Path:
    """A file of the host that says what the check wants to read."""
    canary.write_text("right\n")
    return canary


@pytest.mark.parametrize(
    "attack",
    [
        "mkfifo /root/word; (echo right >/root/word &)",
        "truncate -s 1T /root/word",
        "ln -s {canary} /root/word",
        "ln -s ../../../../../../../..{canary} /root/word",
        "ln -s /proc/1/root{canary} /root/word",
        "ln -s /dev/zero /root/word",
        "mkdir /root/word",
        "mount -t tmpfs none /root",
        "mount -t proc proc /root; mkdir -p /root/word",
    ],
)
async def test_no_path_leads_the_reader_out_or_holds_it(lab: Lab, right_canary: Path, attack: str):
    lab.background(attack.format(canary=right_canary))
    assert settled(lambda: lab.sh("test -e /root/word -o -L /root/word").code == 0, within=5) or (
        "mount" in attack
    )
    assert none_passes(await Sitting(lab, WORD).watch())


OK = r"printf 'HTTP/1.1 200 OK\r\n"
SERVERS = {
    "hangs": "exec nc -dlk 8080",
    "says no HTTP": "while :; do yes right | nc -lN 8080; done",
    "floods headers": f"while :; do {{ {OK}'; yes 'X: y'; }} | nc -l 8080; done",
    "has an endless body": f"while :; do {{ {OK}\\r\\n'; yes; }} | nc -l 8080; done",
    "drips": f"while :; do {{ {OK}\\r\\n'; while printf r; do sleep 0.3; done; }} | nc -l 8080;"
    " done",
    "sends elsewhere": "while :; do printf 'HTTP/1.1 302 x\\r\\nLocation: http://10.0.0.1/\\r\\n\\r\\n'"
    " | nc -lN 8080; done",
}


@pytest.mark.parametrize("server", SERVERS)
async def test_no_server_holds_the_checker(lab: Lab, server: str):
    lab.background(SERVERS[server])
    assert settled(lambda: bool(lab.sh("ss -Hltn 'sport = :8080'").output.strip()), within=10)
    assert none_passes(await Sitting(lab, PAGE).watch())


MOUNTS = """
mount -t tmpfs keep /mnt; mkdir /mnt/a; for i in $(seq 13); do mount --rbind /mnt /mnt/a; done
"""
HIDDEN = "unshare --uts --mount sleep 1000 &"
FLOODS: dict[str, tuple[str, dict[str, Any]]] = {
    "processes": (":(){ :|:& }; : & sleep 1", {"proc": {"where": {"comm": "nobody"}}}),
    "namespaces": (
        f"for i in $(seq 50); do {HIDDEN} done; sleep 1",
        {"proc": {"where": {"comm": "nobody"}}},
    ),
    "mounts": (
        MOUNTS,
        {"not": {"mount": {"fstype": "tmpfs", "source": "keep", "at": "/mnt"}}},
    ),
    "listeners": (
        "for i in $(seq 40); do unshare --net nc -l 80 & done; nc -l 80 & sleep 2",
        {"net": {"listen": 80, "absent": True}},
    ),
}


@pytest.mark.parametrize("what", FLOODS)
async def test_a_flood_hides_nothing_and_passes_nothing(lab: Lab, what: str):
    flood, condition = FLOODS[what]
    lab.background(f"{flood}\nsleep 1000")
    await asyncio.sleep(2)  # It may be at any stage: none of them may pass.
    told = await Sitting(lab, condition).watch(3)
    assert State.PASSED not in [one.state for one in told]
    assert State.FAULT not in [one.state for one in told]


RECYCLED = """
while :; do
  echo 100 >/proc/sys/kernel/ns_last_pid
  unshare --uts sh -c 'hostname box; exec sleep 0.7'
done
"""


@pytest.mark.parametrize(
    "attack",
    [
        # Right again and again, each time another process.
        "while :; do timeout 0.7 unshare --uts sh -c 'hostname box; exec sleep 9'; done",
        RECYCLED,
        "unshare --uts sh -c 'while :; do hostname box; sleep 0.6; hostname lab; sleep 0.6; done'",
    ],
)
async def test_right_for_a_moment_is_not_held(lab: Lab, attack: str):
    lab.background(attack)
    told = await Sitting(lab, NAMED).watch(20, pause=0.3)
    assert State.PASSED not in [one.state for one in told]


async def test_an_honest_learner_passes_the_same_checks(lab: Lab):
    lab.sh("echo right >/root/word; mkdir /www; echo right >/www/index.html")
    lab.sh("busybox httpd -p 8080 -h /www")
    lab.background("exec unshare --uts sh -c 'hostname box; exec sleep 1000'")
    for condition in (WORD, PAGE):
        assert (await Sitting(lab, condition).watch())[-1].state is State.PASSED
    assert (await Sitting(lab, NAMED).watch(12, pause=0.3))[-1].state is State.PASSED
