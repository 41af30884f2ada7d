"""Volumes on disk: a name is free as soon as its volume has gone."""

from __future__ import annotations

import shutil

from sandbox.engine.volumes import VolumeStore

NOW = "2026-01-01T00:00:00Z"


def test_a_removal_under_way_takes_nothing_of_the_next_volume_of_that_name(tmp_path):
    store = VolumeStore(tmp_path / "volumes")
    store.make("v", NOW)
    (store.data("v") / "old").touch()
    gone = store.put_away("v")
    store.make("v", NOW)
    (store.data("v") / "new").touch()
    shutil.rmtree(gone)
    assert [entry.name for entry in store.data("v").iterdir()] == ["new"]
    assert [volume.name for volume in store.every()] == ["v"]


def test_a_removal_that_was_cut_off_is_finished_by_the_next_engine(tmp_path):
    store = VolumeStore(tmp_path / "volumes")
    store.make("v", NOW)
    gone = store.put_away("v")
    assert gone.exists()
    following = VolumeStore(tmp_path / "volumes")
    following.load()
    assert following.every() == []
    assert list(following.directory.iterdir()) == []
