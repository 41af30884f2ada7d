"""Images on disk, and archives that want out."""

from __future__ import annotations

import io
import os
import tarfile
from contextlib import suppress

import pytest

from sandbox.image.reference import BadReference, parse
from sandbox.image.store import ImageAbsent, ImageStore, UnpackFailed

SETTINGS = {"created": "2026-01-01T00:00:00Z", "config": {"Cmd": ["sh"], "Labels": {"a": "b"}}}
needs_root = pytest.mark.kernel


def archive(path, *members):
    with tarfile.open(path, "w") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o755
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content.decode()
                tar.addfile(member)
    return path


@needs_root
def test_an_image_is_found_by_name_id_and_prefix(tmp_path):
    store = ImageStore(tmp_path / "image")
    tar = archive(tmp_path / "t.tar", ("bin/sh", tarfile.REGTYPE, b"#!"))
    identity = store.add_from_tar("box:1", tar, SETTINGS)
    hexadecimal = identity.removeprefix("sha256:")
    for name in ("box:1", "docker.io/library/box:1", identity, hexadecimal, hexadecimal[:12]):
        assert store.find(name).id == identity
    assert store.find("box:1").config.defaults.labels == {"a": "b"}
    assert (store.layers(store.find("box:1"))[0] / "bin/sh").read_bytes() == b"#!"


def test_what_is_not_there_is_absent(tmp_path):
    with pytest.raises(ImageAbsent):
        ImageStore(tmp_path).find("box:1")


@needs_root
def test_a_new_image_takes_the_name_over(tmp_path):
    store = ImageStore(tmp_path / "image")
    old = store.add_from_tar("box", archive(tmp_path / "1", ("a", tarfile.REGTYPE, b"1")), SETTINGS)
    new = store.add_from_tar("box", archive(tmp_path / "2", ("a", tarfile.REGTYPE, b"2")), SETTINGS)
    assert store.find("box").id == new
    assert store.find(old).tags == ()


@needs_root
@pytest.mark.parametrize(
    "members",
    [
        [("../out", tarfile.REGTYPE, b"x")],
        [("/out", tarfile.REGTYPE, b"x")],
        [("door", tarfile.SYMTYPE, b"/"), ("door/out", tarfile.REGTYPE, b"x")],
        [("door", tarfile.SYMTYPE, b"../../.."), ("door/out", tarfile.REGTYPE, b"x")],
        [("out", tarfile.LNKTYPE, b"/etc/hostname")],
    ],
)
def test_no_archive_reaches_outside_its_layer(tmp_path, members):
    before = {path.name for path in tmp_path.parent.iterdir()}, os.path.exists("/out")
    store = ImageStore(tmp_path / "image")
    with suppress(UnpackFailed):  # Refused, or kept inside: both are well.
        store.add_from_tar("box", archive(tmp_path / "evil.tar", *members), SETTINGS)
    assert ({path.name for path in tmp_path.parent.iterdir()}, os.path.exists("/out")) == before
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "image" / "out").exists()


@needs_root
def test_devices_are_left_out_and_setuid_is_kept(tmp_path):
    path = tmp_path / "t.tar"
    with tarfile.open(path, "w") as tar:
        device = tarfile.TarInfo("disk")
        device.type, device.devmajor, device.devminor = tarfile.BLKTYPE, 8, 0
        tar.addfile(device)
        program = tarfile.TarInfo("su")
        program.mode, program.uid = 0o4755, 1000
        tar.addfile(program)
    store = ImageStore(tmp_path / "image")
    store.add_from_tar("box", path, SETTINGS)
    layer = store.layers(store.find("box"))[0]
    assert not (layer / "disk").exists()
    assert ((layer / "su").stat().st_mode & 0o7777, (layer / "su").stat().st_uid) == (0o4755, 1000)


@pytest.mark.parametrize(
    ("text", "tagged"),
    [
        ("busybox", "busybox:latest"),
        ("terrarium/lab:1", "terrarium/lab:1"),
        ("docker.io/library/alpine:3", "alpine:3"),
        ("localhost:5000/me/alp", "localhost:5000/me/alp:latest"),
    ],
)
def test_names_are_shown_in_their_familiar_form(text, tagged):
    assert parse(text).tagged == tagged


@pytest.mark.parametrize("text", ["", "a b", ":1", "a//b", "a:", "-a", "x" * 300])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(BadReference, match="invalid reference format"):
        parse(text)


def test_upper_case_is_refused_in_dockers_words():
    with pytest.raises(BadReference, match=r"repository name \(library/BOX\) must be lowercase"):
        parse("BOX:1")
