"""look() against a root learner who owns every byte of the tree that is looked at."""

from __future__ import annotations

import base64
import fcntl
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.observe.looks import ABSENT, MAX_FILE, MAX_NAMES, Request
from sandbox.observe.snapshot import Look
from sandbox.observe.trees import TooMuch, tree_size
from tests.kernel.observe.conftest import Jail
from tests.witness import settled

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]


def content(jail: Jail, path: str) -> bytes:
    seen = jail.look(path, "bytes")
    assert seen.error == ""
    return base64.b64decode(seen.data)


def test_a_file_is_described_as_the_host_sees_it(jail):
    jail.run("echo hello > /etc/motd; chown 7:8 /etc/motd; chmod 4750 /etc/motd")
    seen = jail.look("/etc/motd", "bytes")
    assert (seen.exists, seen.kind, seen.mode, seen.uid, seen.gid) == (True, "file", 0o4750, 7, 8)
    assert base64.b64decode(seen.data) == (jail.root / "etc/motd").read_bytes() == b"hello\n"


def test_a_link_is_shown_by_stat_and_followed_by_the_rest(jail):
    jail.run("ln -s ../etc/hostname /tmp/name")
    assert jail.look("/tmp/name").kind == "symlink"
    assert jail.look("/tmp/name").link == "../etc/hostname"
    assert content(jail, "/tmp/name") == b"jail\n"


@pytest.mark.parametrize("path", ["/nothing", "/etc/hostname/below", "/etc/nothing/deeper"])
def test_what_is_not_there_is_absent_without_an_error(jail, path):
    assert jail.look(path) == ABSENT


@pytest.mark.parametrize(
    "path",
    ["/../../../../etc/passwd", "/tmp/up/etc/passwd", "/tmp/abs", "/tmp/../../etc/passwd"],
)
def test_no_path_climbs_out_of_the_jail(jail, path):
    assert Path("/etc/passwd").exists()
    jail.run("ln -s ../../../../../../.. /tmp/up; ln -s /etc/passwd /tmp/abs")
    assert not jail.look(path, "bytes").exists


@pytest.mark.parametrize("link", ["root", "cwd", "exe", "fd/0", "ns/mnt"])
def test_magic_links_are_not_followed(jail, link):
    # The jail's /proc is its own, and 1 in it is the shell itself: still the root is the host's.
    seen = jail.look(f"/proc/1/{link}/etc/passwd", "bytes")
    assert (seen.exists, seen.data) == (False, "")
    jail.run(f"ln -s /proc/1/{link} /tmp/magic")
    seen = jail.look("/tmp/magic", "bytes")
    assert (seen.exists, seen.data) == (False, "")
    assert seen.error == os.strerror(40)  # ELOOP


@pytest.mark.parametrize("path", ["/proc/kallsyms", "/proc/kmsg", "/proc/cmdline", "/proc/1/mem"])
def test_nothing_of_procfs_is_read_with_the_observers_privileges(jail, path):
    jail.run(f"ln -s {path} /tmp/innocent")
    seen = jail.look("/tmp/innocent", "bytes")
    assert seen.exists
    assert (seen.data, seen.error) == ("", "not on an ordinary file system")


def test_a_fifo_a_device_and_a_directory_are_told_and_not_opened(jail):
    jail.run("mkfifo /tmp/fifo; mknod /tmp/null c 1 3; mknod /tmp/disk b 7 0")
    for path, kind in (("fifo", "fifo"), ("null", "char"), ("disk", "block"), ("", "dir")):
        seen = jail.look(f"/tmp/{path}", "bytes")
        assert (seen.kind, seen.data, seen.error) == (kind, "", "not a file")
    assert jail.look("/tmp/null").rdev == "1:3"
    assert jail.look("/tmp/disk").rdev == "7:0"


def test_a_sparse_terabyte_is_too_large_and_costs_nothing(jail):
    jail.run("truncate -s 1099511627776 /tmp/sparse")
    seen = jail.look("/tmp/sparse", "bytes")
    assert (seen.size, seen.data, seen.error) == (1 << 40, "", "too large")


def test_the_largest_readable_file_is_one_mebibyte(jail):
    (jail.root / "tmp/full").write_bytes(b"x" * MAX_FILE)
    (jail.root / "tmp/over").write_bytes(b"x" * (MAX_FILE + 1))
    assert len(content(jail, "/tmp/full")) == MAX_FILE
    assert jail.look("/tmp/over", "bytes").error == "too large"


def test_one_request_carries_a_bounded_amount_of_data(jail):
    (jail.root / "tmp/full").write_bytes(b"x" * MAX_FILE)
    question = Look(jail.pid, jail.start, "/tmp/full", "bytes")
    errors = [seen.error for seen in jail.ask(*[question] * 10)]
    assert errors == [""] * 8 + ["too much asked at once"] * 2


def test_a_link_that_flips_between_inside_and_outside_never_shows_the_outside(jail):
    (jail.root / "tmp/real").mkdir()
    (jail.root / "tmp/real/passwd").write_text("inside")
    outside = "/proc/1/root/etc"
    jail.background(
        "cd /tmp; while :; do ln -sfn /tmp/real flip; ln -sfn ../../../../../etc flip;"
        f" ln -sfn {outside} flip; done"
    )
    inside = base64.b64encode(b"inside").decode()
    answers: set[str] = set()

    def both_seen() -> bool:
        answers.update(jail.look("/tmp/flip/passwd", "bytes").data for _ in range(500))
        return answers >= {"", inside}

    assert settled(both_seen, within=20)  # The race is real.
    assert answers == {"", inside}


def test_a_directory_that_is_moved_away_while_dots_are_resolved_stays_inside(jail):
    jail.run("mkdir -p /tmp/a/b/c/d /tmp/z")
    jail.background("cd /tmp; while :; do mv a/b z/b; mv z/b a/b; done")
    for _ in range(10_000):
        seen = jail.look("/tmp/a/b/c/d/../../../../../../../../../etc/passwd", "bytes")
        assert not seen.exists


def test_a_lease_on_the_file_does_not_hold_the_observer(jail):
    path = jail.root / "tmp/leased"
    path.write_text("x")
    # The open below has to break the lease: the kernel tells its holder by SIGIO, which kills.
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    with path.open("r+") as holder:
        fcntl.fcntl(holder, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        seen = jail.look("/tmp/leased", "bytes")
    signal.signal(signal.SIGIO, before)
    assert seen.error == os.strerror(11)  # EAGAIN


def test_names_are_sorted_bounded_and_clean(jail):
    (jail.root / "tmp/many").mkdir()
    assert jail.look("/tmp/many", "names").names == ()
    for name in (b"b", b"a\n", b"\xff"):
        Path(os.fsdecode(bytes(jail.root / "tmp/many") + b"/" + name)).touch()
    assert jail.look("/tmp/many", "names").names == ("\\xff", "a\n", "b")
    for number in range(MAX_NAMES):
        (jail.root / f"tmp/many/{number}").touch()
    seen = jail.look("/tmp/many", "names")
    assert (len(seen.names), seen.error) == (MAX_NAMES, "too many names")
    assert jail.look("/etc/hostname", "names").error == "not a directory"


def test_a_tree_is_summed_once_for_each_inode_and_on_its_own_mount_only(jail):
    jail.run("mkdir -p /tmp/t/a/b; echo 12345 > /tmp/t/a/b/f; ln /tmp/t/a/b/f /tmp/t/g")
    jail.run("ln -s / /tmp/t/loop; mkdir /tmp/t/proc; mount -t proc none /tmp/t/proc")
    seen = jail.look("/tmp/t", "size")
    assert (seen.size, seen.error) == (6, "")
    assert jail.look("/tmp/t/g", "size").size == 6


def test_a_bottomless_tree_is_refused(jail):
    jail.run("cd /tmp; for i in $(seq 300); do mkdir d; cd d; done; cd /")
    assert jail.look("/tmp", "size").error == "deeper than 64 directories"


def test_a_tree_stops_at_the_deadline(tmp_path):
    (tmp_path / "file").touch()
    top = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(TooMuch, match="takes too long"):
            tree_size(top, deadline=0.0)
    finally:
        os.close(top)


def test_what_is_asked_after_the_deadline_is_refused(jail):
    asked = Look(jail.pid, jail.start, "/", "size")
    (seen,) = Request(lambda: {jail.pid}, deadline=0.0).answer((asked,))
    assert seen.error == "too much asked at once"


def test_a_process_outside_the_container_is_gone(jail):
    me = Look(os.getpid(), 0, "/etc/passwd", "bytes")
    mine = replace(me, start=int(Path("/proc/self/stat").read_text().split()[21]))
    assert [seen.error for seen in jail.ask(me, mine)] == ["gone", "gone"]
    assert jail.ask(replace(mine, pid=1))[0].error == "gone"


def test_a_recycled_or_ended_process_is_gone(jail):
    assert jail.ask(Look(jail.pid, jail.start + 1, "/", "stat"))[0].error == "gone"
    assert jail.ask(Look(2**30, 5, "/", "stat"))[0].error == "gone"
    asked = Look(jail.pid, jail.start, "/", "stat")
    jail.unshare.kill()
    jail.unshare.wait()
    assert settled(lambda: jail.ask(asked)[0].error == "gone", within=5)


def test_a_file_system_that_waits_for_a_program_is_refused(jail):
    # autofs needs a pipe and no daemon: nobody will ever answer a lookup below it.
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    jail.run("mkdir -p /tmp/trap")
    mounted = jail.run(
        "mkfifo /tmp/pipe; exec 9<>/tmp/pipe;"
        " mount -t autofs -o fd=9,pgrp=1,minproto=5,maxproto=5,indirect none /tmp/trap && echo ok"
    )
    if mounted != "ok\n":
        pytest.skip("this kernel has no autofs")
    assert jail.look("/tmp").error == "not read past a mounted autofs"


def test_a_tree_is_told_entry_by_entry(jail):
    jail.run(
        "mkdir -p '/tmp/t/a b'; echo hello > '/tmp/t/a b/f g'; ln -s 'a b' /tmp/t/link;"
        " mkfifo /tmp/t/pipe; mknod /tmp/t/gone c 0 0; chmod 600 '/tmp/t/a b/f g'"
    )
    hashed = {
        what: subprocess.run(["sha256sum"], input=what, capture_output=True, check=True).stdout[:64]
        for what in (b"hello\n", b"a b")
    }
    assert jail.look("/tmp/t", "tree").names == (
        "dir 0755 0:0 - a b",
        f"file 0600 0:0 {hashed[b'hello' + bytes([10])].decode()} a b/f g",
        "char 0644 0:0 0:0 gone",
        f"symlink 0777 0:0 {hashed[b'a b'].decode()} link",
        "fifo 0644 0:0 - pipe",
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("i=0; while [ $i -lt 3100 ]; do : > /tmp/t/$i; i=$((i+1)); done", "more than 3000"),
        ("truncate -s 1G /tmp/t/sparse", "more than 16 MiB"),
        ("i=0; while [ $i -lt 70 ]; do mkdir d; cd d; i=$((i+1)); done; cd /", "deeper than"),
    ],
)
def test_a_tree_made_to_be_too_much_is_refused(jail, made, said):
    jail.run(f"mkdir /tmp/t; cd /tmp/t; {made}")
    assert said in jail.look("/tmp/t", "tree").error


def test_a_mount_in_a_tree_is_told_and_not_entered(jail):
    jail.run("mkdir -p /tmp/t/m; mount -t tmpfs none /tmp/t/m; echo x > /tmp/t/m/hidden")
    assert jail.look("/tmp/t", "tree").names == ("mount - - - m",)


def test_attributes_are_those_that_were_set(jail):
    jail.run("mkdir /tmp/d; ln -s d /tmp/l; mkfifo /tmp/p")
    os.setxattr(jail.root / "tmp/d", "user.overlay.opaque", b"y")
    os.setxattr(jail.root / "tmp/d", "user.a=b", b"\xff c")
    names = jail.look("/tmp/d", "xattrs").names
    assert names == ("user.a=b", "\\xff c", "user.overlay.opaque", "y")
    assert jail.look("/tmp/l", "xattrs").names == jail.look("/tmp/p", "xattrs").names == ()
