"""Trees as deep as a container likes to make them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.engine import trees

DEEP = 2500  # More than a stack has frames, or a process descriptors.


def dig(place: Path, levels: int) -> None:
    """Directories within each other; a path to the last would be too long."""
    directory = os.open(place, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=directory)
        inner = os.open("d", os.O_RDONLY, dir_fd=directory)
        os.close(directory)
        directory = inner
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=directory))
    os.close(directory)


def test_a_deep_tree_is_removed(tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    dig(top, DEEP)
    assert trees.remove(top) == []
    assert not top.exists()


def test_links_are_removed_and_not_followed(tmp_path):
    kept, top = tmp_path / "kept", tmp_path / "top"
    kept.mkdir()
    (kept / "file").write_text("mine")
    (top / "below").mkdir(parents=True)
    for place in (top, top / "below"):
        (place / "link").symlink_to(kept)
    assert trees.remove(top) == []
    assert (kept / "file").read_text() == "mine"


def test_what_is_not_there_is_removed(tmp_path):
    assert trees.remove(tmp_path / "nothing") == []


def test_what_would_not_go_is_told_and_the_rest_goes(tmp_path, monkeypatch):
    top = tmp_path / "top"
    top.mkdir()
    for name in ("stays", "goes"):
        (top / name).write_text("")
    unlink = os.unlink

    def refused(name, *, dir_fd):
        if name == "stays":
            raise PermissionError(1, "Operation not permitted", name)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refused)
    assert trees.remove(top) == ["stays: Operation not permitted"]
    assert [entry.name for entry in top.iterdir()] == ["stays"]


@pytest.mark.parametrize(("levels", "size"), [(3, 5), (trees.DEEPEST + 9, 5)])
def test_files_count_once_down_to_a_depth(tmp_path, levels, size):
    (tmp_path / "a").write_text("12345")
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "to").symlink_to("/etc")
    dig(tmp_path, levels)
    assert trees.size(tmp_path) == size + len("/etc")
    assert trees.size(tmp_path / "nothing") == 0
    trees.remove(tmp_path / "d")
