"""The text of /proc, with names that learners chose to break its readers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.observe.mounts import MAX_MOUNTS, parse_mount, parse_mountinfo
from sandbox.observe.processes import parse_cmdline, parse_id_map, parse_stat, parse_status
from sandbox.observe.procfs import text
from sandbox.observe.snapshot import IdRange, Socket
from sandbox.observe.sockets import parse_inet, parse_unix

STAT_TAIL = (
    b" S 41 42 42 34816 42 4194304 90 0 0 0 0 0 0 0 20 0 3 0 112233 4702208 700"
    b" 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"bash", "bash"),
        (b") R 1 1 1 (", ") R 1 1 1 ("),
        (b"a\nb) S 0", "a\nb) S 0"),
        (b"\xff\xfe(", r"\xff\xfe("),
        (b"", ""),
    ],
)
def test_a_process_name_cannot_move_the_fields_after_it(raw, shown):
    stat = parse_stat(b"42 (" + raw + b")" + STAT_TAIL)
    assert stat.comm == shown
    assert (stat.state, stat.parent, stat.tty) == ("S", 41, 34816)
    assert (stat.threads, stat.start) == (3, 112233)
    assert stat.rss % 700 == 0


@given(st.binary(max_size=15))
def test_every_name_of_fifteen_bytes_is_read(name):
    assert parse_stat(b"1 (" + name + b")" + STAT_TAIL).comm == text(name)


def test_a_status_file_gives_the_wanted_lines_only():
    status = b"Name:\ta\\nUid:\t9\nUid:\t1\t2\t3\t4\nGroups:\t1 2 \nNSpid:\t812\t5\nCapEff:\t00ff\n"
    assert parse_status(status) == {b"Uid": b"1\t2\t3\t4", b"NSpid": b"812\t5", b"CapEff": b"00ff"}


def test_arguments_may_be_empty_unterminated_or_not_text():
    assert parse_cmdline(b"") == ()
    assert parse_cmdline(b"sh\0-c\0\0") == ("sh", "-c", "")
    assert parse_cmdline(b"nginx: worker") == ("nginx: worker",)
    assert parse_cmdline(b"\xc3\x28\n\0") == ("\\xc3(\n",)


def test_an_id_map_has_a_range_on_each_line():
    raw = b"         0  805306368      65536\n     65536          7          1\n"
    assert parse_id_map(raw) == (IdRange(0, 805306368, 65536), IdRange(65536, 7, 1))
    assert parse_id_map(b"") == ()


def test_a_mount_with_odd_paths_and_both_peer_groups():
    mount = parse_mount(
        rb"612 40 0:52 /a\040b /m\012n\134\043 rw,nosuid shared:7 master:3 - fuse.x\040y "
        rb"none\011- rw,lowerdir=/a\054b:/c,size=4k"
    )
    assert (mount.id, mount.parent, mount.device) == (612, 40, "0:52")
    assert (mount.root, mount.target) == ("/a b", "/m\nn\\#")
    assert mount.options == ("rw", "nosuid")
    assert (mount.shared, mount.master) == (7, 3)
    assert (mount.fstype, mount.source) == ("fuse.x y", "none\t-")
    assert mount.super_options == ("rw", "lowerdir=/a,b:/c", "size=4k")


def test_a_mount_without_a_source_and_without_peers():
    mount = parse_mount(b"1 1 0:1 / / rw - tmpfs  rw")
    assert (mount.source, mount.shared, mount.master) == ("", 0, 0)


def test_bytes_that_are_not_utf_8_stay_visible():
    assert parse_mount(b"1 1 0:1 / /\xff\\377 rw - tmpfs t rw").target == r"/\xff\xff"


def test_twenty_thousand_mounts_are_cut_and_said_to_be():
    line = b"1 1 0:1 / / rw - tmpfs t rw\n"
    assert not parse_mountinfo(line * MAX_MOUNTS).truncated
    many = parse_mountinfo(line * 20_000)
    assert len(many.mounts) == MAX_MOUNTS
    assert many.truncated


def test_a_line_that_was_cut_in_the_middle_is_left_out():
    table = parse_mountinfo(b"1 1 0:1 / / rw - tmpfs t rw\n2 1 0:2 / /x r", cut=True)
    assert [mount.id for mount in table.mounts] == [1]
    assert table.truncated


def test_addresses_of_both_families_and_their_states():
    line = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 9001 1"
    assert list(parse_inet("tcp", [line])) == [Socket("tcp", "127.0.0.1", 8080, "LISTEN", 9001)]
    line6 = line.replace(b"0100007F", b"00000000000000000000000001000000").replace(b" 0A ", b" 01 ")
    assert list(parse_inet("tcp6", [line6])) == [Socket("tcp6", "::1", 8080, "ESTABLISHED", 9001)]
    assert list(parse_inet("tcp", [b"   1: 0100007F:1F"])) == []


def test_unix_sockets_are_those_with_a_name():
    lines = [
        b"00000000f1a2b3c4: 00000002 00000000 00010000 0001 01 9002 /run/x y.sock",
        b"00000000f1a2b3c4: 00000003 00000000 00000000 0001 03 9003 @abstract\xff",
        b"00000000f1a2b3c4: 00000002 00000000 00000000 0002 01 9004",
        b"rest of a name with a newline",
    ]
    assert list(parse_unix(lines)) == [
        Socket("unix", "/run/x y.sock", 0, "LISTEN", 9002),
        Socket("unix", r"@abstract\xff", 0, "ESTABLISHED", 9003),
    ]
