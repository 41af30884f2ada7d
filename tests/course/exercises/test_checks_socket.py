"""The checks socket: who may ask, what is told, what is taken, and what closes it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from course.exercises.attempts import sheet_of
from course.exercises.consumer import ChecksConsumer
from course.exercises.viewer import Viewer
from course.exercises.watch import MOST_VIEWERS, Watch
from course.progress import record
from course.progress.models import Learner
from sandbox.observe.codec import look_from, to_json
from sandbox.session import leases
from sandbox.session.lab import LabSpec
from tests.course.exercises.labs import NOTHING, Lab, process
from tests.fakes_engine import RememberingEngine, listening

pytestmark = pytest.mark.django_db(transaction=True)


class GlassEngine(RememberingEngine):
    """Shows a lab made by hand as the view of every container."""

    def __init__(self) -> None:
        super().__init__()
        self.lab = Lab()
        self.away = False

    def routes(self):
        return [
            ("GET", "/terrarium/containers/([0-9a-f]+)/snapshot", self.snapshot),
            ("POST", "/terrarium/containers/([0-9a-f]+)/look", self.look),
            *super().routes(),
        ]

    def snapshot(self, match, query, body):
        if self.away:
            return 500, {"message": "restarting"}
        return 200, to_json(self.lab.taken())

    def look(self, match, query, body):
        asked = [look_from(one) for one in body]
        return 200, [to_json(self.lab.files.get((one.pid, one.path), NOTHING)) for one in asked]


@pytest.fixture
def engine(short_tmp, settings):
    settings.TERRARIUM_ENGINE = short_tmp / "glass.sock"
    with listening(GlassEngine(), settings.TERRARIUM_ENGINE) as glass:
        yield glass


@pytest.fixture
def lin():
    return Learner.objects.create_user("lin", password="glass-box-42")


@pytest.fixture
def lease(engine, lin):
    record.begin(lin, "u02-1")
    return leases.acquire(lin, LabSpec("u02-1", seed="test"))


def page(
    user: object, lease_id: str, query: bytes = b"lang=en", watch: Watch | None = None
) -> WebsocketCommunicator:
    consumer = ChecksConsumer(watch or Watch())
    socket = WebsocketCommunicator(consumer, f"/ws/labs/{lease_id}/checks")
    socket.scope |= {
        "user": user,
        "url_route": {"kwargs": {"lease": lease_id}},
        "query_string": query,
    }
    return socket


async def told(socket: WebsocketCommunicator, wanted: Any) -> dict[str, Any]:
    """The first message that is as wanted."""
    while True:
        message: dict[str, Any] = json.loads(await socket.receive_from(timeout=10))
        if wanted(message):
            return message


def verdict(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "verdict")


async def closed_with(socket: WebsocketCommunicator) -> int:
    while (event := await socket.receive_output(timeout=10))["type"] != "websocket.close":
        pass
    return int(event["code"])


async def test_the_page_is_told_where_its_learner_stands(lin, lease):
    socket = page(lin, lease.pk)
    await socket.connect()
    first = await told(socket, verdict)
    assert not first["passed"]
    assert [step["id"] for step in first["steps"]] == ["own"]
    await socket.disconnect()


async def test_a_state_made_in_the_lab_passes_and_is_recorded(lin, lease, engine):
    socket = page(lin, lease.pk)
    await socket.connect()
    await told(socket, verdict)
    name = f"box-{sheet_of(lease, cgroup_version=1).values['n']}"
    engine.lab.processes.append(process(1010, spaces={"uts": 204}))
    engine.lab.hostnames[204] = name
    await told(socket, lambda message: verdict(message) and message["passed"])
    await socket.disconnect()
    assert await database_sync_to_async(_passed)(lin)


def _passed(user: Learner) -> bool:
    attempt = record.current(user, "u02-1")
    return attempt is not None and attempt.passed_at is not None


async def test_the_language_is_the_pages(lin, lease):
    socket = page(lin, lease.pk, b"lang=zh-hans")
    await socket.connect()
    assert (await told(socket, verdict))["steps"][0]["title"] == "自己的名字"
    await socket.disconnect()


async def test_an_engine_that_is_away_is_our_fault(lin, lease, engine):
    engine.away = True
    socket = page(lin, lease.pk)
    await socket.connect()
    message = await told(socket, verdict)
    assert {check["state"] for check in message["steps"][0]["checks"]} == {"fault"}
    engine.away = False
    await told(
        socket,
        lambda message: verdict(message) and message["steps"][0]["checks"][0]["state"] != "fault",
    )
    await socket.disconnect()


@pytest.mark.parametrize("user", [AnonymousUser(), None])
async def test_a_foreign_lab_and_one_that_never_was_close_alike(lease, user):
    stranger = user or await Learner.objects.acreate(username="stranger")
    for lease_id in (lease.pk, "never-was"):
        socket = page(stranger, lease_id)
        await socket.connect()
        assert await closed_with(socket) == 4403
        await socket.disconnect()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 4400),
        ('{"type":"visible"}', 4400),
        ('{"type":"shout","value":1}', 4400),
        ('{"type":"answer","id":"a","value":"' + "x" * 5000 + '"}', 4413),
    ],
)
async def test_what_is_no_message_closes_the_socket(lin, lease, text, code):
    socket = page(lin, lease.pk)
    await socket.connect()
    await told(socket, verdict)
    await socket.send_to(text_data=text)
    assert await closed_with(socket) == code
    await socket.disconnect()


async def test_a_hidden_page_lets_the_lab_alone(lin, lease, engine):
    socket = page(lin, lease.pk)
    await socket.connect()
    await told(socket, verdict)
    await socket.send_to(text_data='{"type":"visible","value":false}')
    await socket.receive_nothing(timeout=0.6)
    asked = len(engine.asked)
    await socket.receive_nothing(timeout=1.0)
    assert len(engine.asked) == asked
    await socket.disconnect()


async def test_a_lab_that_has_ended_says_why(lin, lease):
    await database_sync_to_async(_end)(lease)
    socket = page(lin, lease.pk)
    await socket.connect()
    assert await closed_with(socket) == 4404
    await socket.disconnect()


async def test_two_pages_share_one_evaluator(lin, lease, engine):
    watch = Watch()
    pages = [page(lin, lease.pk, watch=watch) for _ in range(2)]
    for socket in pages:
        await socket.connect()
        await told(socket, verdict)
    engine.asked.clear()
    await pages[0].receive_nothing(timeout=2.5)
    assert 1 <= sum("snapshot" in one for one in engine.asked) <= 3
    for socket in pages:
        await socket.disconnect()


async def test_more_pages_than_anybody_needs_are_sent_away(lin, lease):
    watch = Watch()
    pages = [page(lin, lease.pk, watch=watch) for _ in range(MOST_VIEWERS + 1)]
    for socket in pages:
        await socket.connect()
    assert await closed_with(pages[-1]) == 4503
    for socket in pages:
        await socket.disconnect()


async def test_a_prediction_unlocks_its_step_and_stands(lin, engine):
    attempt = await database_sync_to_async(record.begin)(lin, "u02-2")
    lease = await database_sync_to_async(leases.acquire)(lin, LabSpec("u02-2", seed="test"))
    socket = page(lin, lease.pk)
    await socket.connect()
    assert (await told(socket, verdict))["steps"][0]["locked"]
    for choice in ("nonsense", "both", "first"):
        text = json.dumps({"type": "predict", "card": "no-fork", "choice": choice})
        await socket.send_to(text_data=text)
    card = (await told(socket, lambda message: message["type"] == "card"))["card"]
    assert card["choice"] == "both"
    assert "truth" not in card
    await told(socket, lambda message: verdict(message) and not message["steps"][0]["locked"])
    assert await database_sync_to_async(record.predictions)(attempt) == {"no-fork": "both"}
    await socket.disconnect()


async def test_hints_come_one_at_a_time_when_asked_for(lin, lease, engine):
    engine.lab.hostnames[104] = "oops"
    socket = page(lin, lease.pk)
    await socket.connect()

    def revealed(count: int):
        return lambda message: (
            verdict(message) and (message["steps"][0]["diagnosis"] or {}).get("revealed") == count
        )

    first = await told(socket, revealed(1))
    diagnosis = first["steps"][0]["diagnosis"]
    assert (len(diagnosis["hints"]), diagnosis["total"]) == (1, 3)
    text = json.dumps({"type": "hint", "diagnosis": diagnosis["id"]})
    for _ in range(3):
        await socket.send_to(text_data=text)
    second = (await told(socket, revealed(2)))["steps"][0]["diagnosis"]
    assert second["wait"] > 0
    await socket.disconnect()


async def test_the_end_of_the_lease_is_told_and_closes(lin, lease):
    socket = page(lin, lease.pk)
    await socket.connect()
    await told(socket, verdict)
    await database_sync_to_async(_end)(lease)
    ended = await told(socket, lambda message: message["type"] == "lease")
    assert ended["state"] == "ended"
    assert ended["reason"]
    assert await closed_with(socket) == 4404
    await socket.disconnect()


def _end(lease) -> None:
    leases.end(lease, now=datetime.now(UTC))


async def test_what_was_seen_of_a_lab_outlives_its_last_page(lin, lease):
    watch = Watch()
    journals = []
    for _ in range(2):
        viewer = Viewer(language="en")
        evaluator = await watch.join(viewer, lease)
        journals.append(evaluator.standings.journal)
        evaluator.leave(viewer)
        async with asyncio.timeout(10):
            await asyncio.gather(*watch._running)
    assert journals[0] is journals[1]
