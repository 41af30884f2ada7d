"""Reading a container's json-file log."""

from __future__ import annotations

import asyncio
import json

import pytest

from sandbox.engine import logs
from sandbox.engine.clock import nanoseconds

BOTH = frozenset(("stdout", "stderr"))


def entry(number: int, stream: str = "stdout") -> str:
    time = f"2026-01-01T00:00:{number:02d}.5Z"
    return json.dumps({"log": f"line {number}\n", "stream": stream, "time": time}) + "\n"


async def texts(file, *, running=lambda: False, end=None, **asked):
    wanted = logs.Asked(asked.pop("streams", BOTH), **asked)
    end = end or asyncio.get_running_loop().create_future()
    return [line.text.decode() async for line in logs.read(file, wanted, running, end)]


@pytest.mark.parametrize("tail", [0, 1, 3, 9, 10, 11, None])
async def test_tail_gives_the_last_entries(tmp_path, tail):
    file = tmp_path / "log.json"
    file.write_text("".join(entry(n) for n in range(10)))
    first = 0 if tail is None else max(10 - tail, 0)
    assert await texts(file, tail=tail) == [f"line {n}\n" for n in range(first, 10)]


async def test_tail_reaches_back_into_the_log_before_the_rotation(tmp_path):
    (tmp_path / "log.json.1").write_text("".join(entry(n) for n in range(5)))
    (tmp_path / "log.json").write_text(entry(5))
    assert await texts(tmp_path / "log.json", tail=3) == ["line 3\n", "line 4\n", "line 5\n"]


async def test_tail_finds_lines_longer_than_a_block(tmp_path):
    file = tmp_path / "log.json"
    long = json.dumps({"log": "x" * 200_000, "stream": "stdout", "time": "2026-01-01T00:00:00Z"})
    file.write_text(entry(1) + long + "\n" + entry(2))
    assert [len(text) for text in await texts(file, tail=2)] == [200_000, 7]


async def test_streams_since_and_until_choose(tmp_path):
    file = tmp_path / "log.json"
    file.write_text(entry(1) + entry(2, "stderr") + entry(3))
    second = nanoseconds("2026-01-01T00:00:02Z")
    assert await texts(file, streams=frozenset({"stderr"})) == ["line 2\n"]
    assert await texts(file, since=second) == ["line 2\n", "line 3\n"]
    assert await texts(file, until=second) == ["line 1\n"]


async def test_following_sees_new_lines_and_ends_with_the_container(tmp_path):
    file = tmp_path / "log.json"
    file.write_text(entry(1))
    end = asyncio.get_running_loop().create_future()
    read = asyncio.create_task(texts(file, follow=True, running=lambda: not end.done(), end=end))
    await asyncio.sleep(0)
    with file.open("a") as log:
        log.write(entry(2))
    file.rename(tmp_path / "log.json.1")
    file.write_text(entry(3))
    end.set_result(0)
    assert await read == ["line 1\n", "line 2\n", "line 3\n"]


async def test_a_line_that_a_power_cut_tore_is_left_out(tmp_path):
    file = tmp_path / "log.json"
    file.write_text('{"log": "hal\n' + entry(2))
    assert await texts(file) == ["line 2\n"]


async def test_a_container_that_never_started_has_no_log(tmp_path):
    assert await texts(tmp_path / "log.json", follow=True) == []
