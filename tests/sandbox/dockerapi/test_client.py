"""The client: what it sends, what it makes of answers, and of engines that go away."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.dockerapi.client import Engine
from sandbox.dockerapi.wire import Command, EngineRefused, EngineUnreachable, OutputTooLong
from tests import fakes_engine


@pytest.fixture
def remembering(short_tmp):
    with fakes_engine.listening(
        fakes_engine.RememberingEngine(), short_tmp / "client.sock"
    ) as engine:
        engine.containers["ab"] = {"State": "running", "Created": 7, "Labels": {"a": "b"}}
        yield engine


@pytest.fixture
def client(remembering, short_tmp):
    return Engine(short_tmp / "client.sock")


async def test_a_programs_output_is_joined_and_its_exit_code_told(remembering, client):
    remembering.exit_code, remembering.output = 3, "名字 and more".encode()
    ran = await client.run("ab", Command(("cat",), stdin=True), stdin=b"x" * 100_000)
    assert (ran.code, ran.output.decode()) == (3, "名字 and more")
    assert remembering.inputs == [b"x" * 100_000]


async def test_a_flood_of_output_is_cut_off(remembering, client):
    remembering.output = b"y" * 5000
    with pytest.raises(OutputTooLong):
        await client.run("ab", Command(("yes",)), limit=1000)


async def test_a_refusal_keeps_dockers_status_and_words(client):
    with pytest.raises(EngineRefused) as refused:
        await client.new_exec("cd", Command(("true",)))
    assert (refused.value.status, refused.value.message) == (404, "No such container: cd")


async def test_removing_what_is_gone_is_fine(remembering, client):
    await client.remove("ab")
    await client.remove("ab")
    assert remembering.containers == {}


async def test_an_engine_that_is_not_there_is_named_with_the_reason(tmp_path):
    with pytest.raises(EngineUnreachable, match="No such file"):
        await Engine(tmp_path / "absent.sock").health()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
    ],
    ids=["nothing", "half a body", "not JSON", "not an object", "not HTTP", "an endless head"],
)
async def test_a_broken_answer_is_an_engine_that_cannot_be_reached(short_tmp, answer):
    async def breaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(breaks, str(short_tmp / "broken.sock"))
    async with server:
        with pytest.raises(EngineUnreachable):
            await Engine(short_tmp / "broken.sock").health()
        with pytest.raises((EngineUnreachable, EngineRefused)):
            await Engine(short_tmp / "broken.sock").terminal("00")


async def test_what_follows_the_upgrade_belongs_to_the_stream(remembering, client):
    remembering.execs["0" * 63 + "7"] = {}
    reader, writer = await client.terminal("0" * 63 + "7")
    assert await reader.read() == b"\0\0\0\5hello7"
    writer.close()
