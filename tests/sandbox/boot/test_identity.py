"""Docker's USER against a container's own passwd and group, which may be anybody's work."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

from sandbox.boot.identity import Identity, resolve

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
www:x:33:34:web:/var/www:/bin/false
1234:x:7:8:a number for a name:/odd:/bin/sh
broken:x:not:a:number::
short:x
"""
GROUP = "root:x:0:\nwww:x:34:\nlog:x:4:www,other\ntty:x:5:other,www\n"


@pytest.fixture
def etc(tmp_path):
    (tmp_path / "passwd").write_text(PASSWD)
    (tmp_path / "group").write_text(GROUP)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("user", "identity"),
    [
        ("", Identity(0, 0, (), "/root")),
        ("root", Identity(0, 0, (), "/root")),
        ("www", Identity(33, 34, (4, 5), "/var/www")),
        ("33", Identity(33, 34, (4, 5), "/var/www")),
        ("www:log", Identity(33, 4, (), "/var/www")),
        ("www:77", Identity(33, 77, (), "/var/www")),
        ("1000", Identity(1000, 0, (), "/")),
        ("1000:1001", Identity(1000, 1001, (), "/")),
        ("1234", Identity(7, 8, (), "/odd")),
    ],
)
def test_names_and_numbers_mean_what_they_mean_to_docker(etc, user, identity):
    assert resolve(user, etc=etc) == identity


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("nobody-here", "unable to find user nobody-here: no matching entries in passwd file"),
        ("root:nothing", "unable to find group nothing: no matching entries in group file"),
        ("broken", "unable to find user broken"),
        ("65536", "uids and gids must be in range 0-65535"),
        ("0:99999999999", "uids and gids must be in range"),
    ],
)
def test_what_cannot_be_found_is_refused_in_dockers_words(etc, user, words):
    with pytest.raises(ValueError, match=words):
        resolve(user, etc=etc)


def test_without_files_there_are_numbers_only(tmp_path):
    assert resolve("1000:5", etc=str(tmp_path)) == Identity(1000, 5, (), "/")
    with pytest.raises(ValueError, match="unable to find user www"):
        resolve("www", etc=str(tmp_path))


def test_nobody_in_particular_is_root_without_any_file(tmp_path):
    assert resolve("", etc=str(tmp_path)) == Identity(0, 0, (), "/")


def test_a_fifo_in_the_place_of_passwd_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "passwd")
    os.mkfifo(tmp_path / "group")
    assert resolve("5", etc=str(tmp_path)).uid == 5


def test_a_directory_a_dangling_link_and_an_endless_device_are_no_passwd(tmp_path):
    (tmp_path / "passwd").mkdir()
    (tmp_path / "group").symlink_to("/nowhere/at/all")
    assert resolve("5", etc=str(tmp_path)).uid == 5
    (tmp_path / "passwd").rmdir()
    (tmp_path / "passwd").symlink_to("/dev/zero")
    assert resolve("5", etc=str(tmp_path)).uid == 5


@pytest.mark.parametrize(
    "text",
    ["\0" * 100, "a:b:²:²:::\n", f"root:x:{'9' * 5000}:0:::\n", "::::::\n", "\udcff:x:1:1:::\n"],
)
def test_a_strange_passwd_is_an_error_of_words_at_the_most(tmp_path, text):
    (tmp_path / "passwd").write_text(text, errors="surrogateescape")
    with suppress(ValueError):
        resolve("root", etc=str(tmp_path))


def test_groups_may_be_added_by_name_and_number(etc):
    assert resolve("5:6", ("7", "0"), etc=etc).groups == (7, 0)
    with pytest.raises(ValueError, match="Unable to find group zz: no matching entries"):
        resolve("5", ("zz",), etc=etc)
