"""A lab seen and used from outside, and what is said when it cannot be."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from sandbox.dockerapi.wire import EngineRefused, OutputTooLong
from sandbox.observe.snapshot import Look
from sandbox.session import labs, leases
from sandbox.session.lab import LabSpec
from tests import fakes_engine

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = Look(pid=7, start=1, path="/root/note", want="bytes")


@pytest.fixture
def lease(engine, mei):
    return leases.acquire(mei, LabSpec("u02-1"))


async def test_a_snapshot_arrives_as_values(lease):
    seen = await labs.snapshot(lease)
    assert seen.hostnames == {4026531838: "lab"}
    assert seen.container == lease.container


async def test_every_question_about_a_path_gets_its_answer(lease):
    answers = await labs.look(lease, [NOTE, NOTE])
    assert [answer.data for answer in answers] == ["aGk=", "aGk="]


async def test_a_program_is_run_to_its_end(engine, lease):
    engine.exit_code, engine.output = 4, b"not found"
    ran = await labs.run(lease, ["grep", "x"], stdin=b"y")
    assert (ran.code, ran.output) == (4, b"not found")


async def test_a_flood_is_not_taken_in(engine, lease, monkeypatch):
    monkeypatch.setattr(labs, "OUTPUT_LIMIT", 100)
    engine.output = b"y" * 1000
    with pytest.raises(OutputTooLong):
        await labs.run(lease, ["yes"])


async def test_a_lab_that_is_gone_is_told_from_one_that_cannot_be_seen(
    engine, lease, settings, tmp_path
):
    await sync_to_async(engine.vanish)(lease.container)
    with pytest.raises(labs.LabGone):
        await labs.snapshot(lease)
    with pytest.raises(labs.LabGone):
        await labs.run(lease, ["true"])
    settings.TERRARIUM_ENGINE = tmp_path / "absent.sock"
    with pytest.raises(labs.LabUnavailable):
        await labs.snapshot(lease)
    with pytest.raises(labs.LabUnavailable):
        await labs.run(lease, ["true"])


async def test_an_answer_that_makes_no_sense_is_no_answer(engine_of, mei):
    engine_of(fakes_engine.MumblingEngine())
    lease = await sync_to_async(leases.acquire)(mei, LabSpec("u02-1"))
    with pytest.raises(labs.LabUnavailable):
        await labs.snapshot(lease)
    with pytest.raises(labs.LabUnavailable):
        await labs.look(lease, [NOTE])


async def test_a_program_that_does_not_end_is_left_after_its_time(engine_of, mei):
    engine_of(fakes_engine.SilentEngine())
    lease = await sync_to_async(leases.acquire)(mei, LabSpec("u02-1"))
    with pytest.raises(TimeoutError):
        await labs.run(lease, ["sleep", "infinity"], timeout=0.2)


async def test_another_refusal_keeps_its_words(engine, lease):
    def refuses(match, query, body):
        return 500, {"message": "no more processes"}

    engine.new_exec = refuses
    with pytest.raises(EngineRefused, match="no more processes"):
        await labs.run(lease, ["true"])
