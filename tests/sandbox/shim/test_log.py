"""Docker's json-file log."""

from __future__ import annotations

import json
import re

import pytest

from sandbox.shim.log import LINE, Log


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.json"


def entries(path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_line_is_an_object_with_its_stream_and_time(path):
    log = Log(str(path), 1 << 20)
    log.write("stdout", b'one\ntwo "quoted"\t\x1b[0m\n')
    log.write("stderr", b"three\n")
    log.close()
    found = entries(path)
    assert [(e["stream"], e["log"]) for e in found] == [
        ("stdout", "one\n"),
        ("stdout", 'two "quoted"\t\x1b[0m\n'),
        ("stderr", "three\n"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z", e["time"]) for e in found)


def test_a_line_waits_for_its_end_and_streams_do_not_mix(path):
    log = Log(str(path), 1 << 20)
    log.write("stdout", b"half ")
    log.write("stderr", b"other\n")
    log.write("stdout", b"a line\nrest")
    assert [e["log"] for e in entries(path)] == ["other\n", "half a line\n"]
    log.close()
    assert entries(path)[-1]["log"] == "rest"


def test_a_long_line_is_written_in_parts(path):
    log = Log(str(path), 1 << 20)
    log.write("stdout", b"x" * (2 * LINE + 5) + b"\n")
    log.close()
    assert [len(e["log"]) for e in entries(path)] == [LINE, LINE, 6]


def test_bytes_that_are_no_text_do_not_break_the_file(path):
    log = Log(str(path), 1 << 20)
    log.write("stdout", bytes(range(256)) + b"\n")
    log.close()
    assert "".join(e["log"] for e in entries(path)).endswith("\ufffd\n")


def test_a_full_log_becomes_the_old_one_and_the_two_are_bounded(path):
    log = Log(str(path), 2000)
    for number in range(200):
        log.write("stdout", b"%d\n" % number)
    log.close()
    old = path.with_name("log.json.1")
    kept = [int(e["log"]) for e in entries(old) + entries(path)]
    assert kept == list(range(kept[0], 200))
    assert old.stat().st_size < 2000 + 100  # As in Docker, with the line that filled it.
    assert path.stat().st_size <= 2000


def test_a_log_that_was_there_is_continued(path):
    for text in (b"one\n", b"two\n"):
        log = Log(str(path), 1 << 20)
        log.write("stdout", text)
        log.close()
    assert [e["log"] for e in entries(path)] == ["one\n", "two\n"]


def test_a_log_that_cannot_be_turned_over_goes_on(path):
    log = Log(str(path), 100)
    path.with_name("log.json.1").mkdir()
    for number in range(10):
        log.write("stdout", b"%d\n" % number)
    log.close()
    assert [e["log"] for e in entries(path)] == [f"{n}\n" for n in range(10)]


def test_of_a_full_log_as_many_files_are_kept_as_were_asked_for(path):
    for files in (1, 3):
        log = Log(str(path), 200, files=files)
        for number in range(50):
            log.write("stdout", b"%d\n" % number)
        log.close()
        older = sorted(p.name for p in path.parent.glob("log.json.*"))
        assert older == [f"log.json.{n}" for n in range(1, files)]


def test_without_a_limit_nothing_is_lost(path):
    log = Log(str(path), 0)
    log.write("stdout", b"x\n" * 20_000)
    log.close()
    assert len(entries(path)) == 20_000


def test_attributes_are_said_of_every_line(path):
    log = Log(str(path), 0, attributes={"kind": 'a "b"'})
    log.write("stdout", b"one\n")
    log.close()
    assert json.loads(path.read_text())["attrs"] == {"kind": 'a "b"'}
