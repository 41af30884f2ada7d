"""Records on disk."""

from __future__ import annotations

import json

from sandbox.engine.record import LAB_RUNTIME, Config, HostConfig, Record
from sandbox.engine.state import Event, State
from sandbox.engine.store import RecordStore


def record(identity: str = "a" * 64) -> Record:
    return Record(
        id=identity,
        name="calm_newt",
        created="2026-01-01T00:00:00Z",
        image_id="sha256:" + "1" * 64,
        config=Config(
            image="box", cmd=("sh",), env=("A=b",), labels={"k": "v"}, attached=("stdin",)
        ),
        host=HostConfig(runtime=LAB_RUNTIME, memory=1 << 20, log_options=(("max-size", "1m"),)),
        id_range=7,
    )


def test_a_record_comes_back_as_it_was_written(tmp_path):
    store = RecordStore(tmp_path)
    written = record().moved(Event.START, pid=42, boot="b")
    store.add(written)
    assert store.load() == ([written], [])


def test_what_has_no_record_is_half_made(tmp_path):
    store = RecordStore(tmp_path)
    (tmp_path / ("b" * 64)).mkdir()
    assert store.load() == ([], [tmp_path / ("b" * 64)])


def test_an_unreadable_record_does_not_hide_the_others(tmp_path):
    store = RecordStore(tmp_path)
    store.add(record())
    store.add(record("c" * 64))
    (tmp_path / ("c" * 64) / "config.json").write_text("{")
    assert [found.id for found in store.load()[0]] == ["a" * 64]


def test_fields_of_a_later_version_are_passed_over(tmp_path):
    store = RecordStore(tmp_path)
    store.add(record())
    file = tmp_path / ("a" * 64) / "config.json"
    content = json.loads(file.read_bytes())
    content["later"] = content["config"]["later"] = 1
    file.write_text(json.dumps(content))
    assert store.load()[0] == [record()]


def test_a_move_keeps_what_it_does_not_change():
    moved = record().moved(Event.START, pid=42).moved(Event.EXIT, exit_code=3, pid=0)
    assert moved.status.state is State.EXITED
    assert (moved.status.exit_code, moved.config) == (3, record().config)
