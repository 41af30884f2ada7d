"""Capabilities, prctl, pidfds, ptys, loop devices and links, witnessed by /proc, stty and ip."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.kernel_probe import Differs, in_child, in_user_namespace
from sandbox.kernel import credentials, loop, mount, network, process, pty
from sandbox.kernel.credentials import CAP
from sandbox.kernel.namespaces import CLONE, unshare
from sandbox.kernel.openat2 import RESOLVE, openat2
from sandbox.kernel.process import PR, prctl
from tests import witness

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]


def status(*names):
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = dict(line.split(":\t", 1) for line in lines)
    return " ".join(found[name] for name in names)


def test_a_dropped_capability_leaves_the_bounding_set():
    def dropped():
        credentials.bounding_drop(CAP.SYS_CHROOT)
        return status("CapBnd")

    before = int(status("CapBnd"), 16)
    assert int(in_child(dropped), 16) == before & ~(1 << CAP.SYS_CHROOT)


def test_capset_sets_all_three_sets_across_both_words():
    wanted = credentials.mask([CAP.CHOWN, CAP.SETPCAP, CAP.AUDIT_READ])

    def set_down():
        credentials.capset(wanted, wanted, wanted)
        seen = credentials.capget()
        return f"{status('CapEff', 'CapPrm', 'CapInh')} {seen.effective:016x}"

    assert in_child(set_down).split() == [f"{wanted:016x}"] * 4


def test_an_ambient_capability_is_raised_and_cleared():
    def raised():
        held = credentials.capget()
        credentials.capset(held.effective, held.permitted, 1 << CAP.CHOWN)
        credentials.ambient_raise(CAP.CHOWN)
        first = status("CapAmb")
        credentials.ambient_clear()
        return f"{first} {status('CapAmb')}"

    assert [int(word, 16) for word in in_child(raised).split()] == [1 << CAP.CHOWN, 0]


def test_a_process_that_is_not_dumpable_belongs_to_the_hosts_root():
    def hidden():
        prctl(PR.SET_DUMPABLE, 0)
        return str(Path("/proc/self/fd").stat().st_uid)

    assert in_user_namespace(0, hidden) == "65534"


def test_a_name_is_what_ps_shows():
    def named():
        process.set_name("terrarium-shim")
        return subprocess.check_output(["ps", "-o", "comm=", "-p", str(os.getpid())], text=True)

    assert in_child(named).strip() == "terrarium-shim"


def test_a_signal_through_a_pidfd_reaches_the_process_and_nobody_after_it():
    sleeper = subprocess.Popen(["sleep", "60"])
    pidfd = process.pidfd_open(sleeper.pid)
    process.pidfd_send_signal(pidfd, signal.SIGKILL)
    assert sleeper.wait() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        process.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)


def test_close_range_closes_everything_from_a_number_on():
    def closed():
        kept = os.dup(0)
        high = os.dup2(0, 500)
        process.close_range(high)
        return f"{os.fstat(kept).st_mode > 0} {os.path.exists('/proc/self/fd/500')}"

    assert in_child(closed) == "True False"


def test_a_pty_of_an_own_devpts_knows_its_size_and_limit(tmp_path):
    def opened():
        mount.mount("devpts", str(tmp_path), "devpts", 0, "newinstance,ptmxmode=0666,max=1")
        master, slave = pty.openpty(str(tmp_path))
        pty.set_winsize(master, 33, 121)
        told = subprocess.check_output(["stty", "size"], stdin=slave, text=True).strip()
        try:
            pty.openpty(os.open(tmp_path, os.O_RDONLY))
        except OSError as refused:
            return f"{told} {pty.get_winsize(slave)} {refused.errno == errno.ENOSPC}"
        return "a second pty was opened"

    assert in_child(opened) == "33 121 (33, 121) True"


def test_a_session_leader_takes_a_pty_as_its_terminal(tmp_path):
    def controlled():
        _, slave = pty.openpty()
        os.setsid()
        pty.make_controlling(slave)
        return str(os.tcgetpgrp(slave) == os.getpid())

    assert in_child(controlled) == "True"


def test_a_loop_device_shows_its_file_and_frees_itself_with_the_last_user(tmp_path):
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(1 << 20))
    device, path = loop.attach(str(image))
    try:
        listed = subprocess.check_output(["losetup", "-J", "-l", path], text=True)
        (found,) = json.loads(listed)["loopdevices"]
        assert (found["back-file"], found["autoclear"]) == (str(image), True)
    finally:
        os.close(device)
    assert witness.settled(lambda: str(image) not in " ".join(witness.loops()), within=5)


def test_a_loop_device_without_autoclear_stays_until_it_is_detached(tmp_path):
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(1 << 20))
    device, path = loop.attach(str(image), autoclear=False)
    os.close(device)
    assert any(str(image) in item for item in witness.loops())
    again = os.open(path, os.O_RDWR)
    loop.detach(again)
    os.close(again)


def test_loopback_is_up_after_bring_up():
    def up():
        unshare(CLONE.NEWNET)
        network.bring_up("lo")
        network.bring_up("lo")
        return subprocess.check_output(["ip", "-j", "link"], text=True)

    (link,) = json.loads(in_child(up))
    assert {"LOOPBACK", "UP"} <= set(link["flags"])


def test_a_device_that_is_not_there_cannot_be_brought_up():
    with pytest.raises(OSError, match="No such device"):
        network.bring_up("nothing0")


def test_openat2_keeps_a_hostile_link_within_its_root(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("inside")
    (tmp_path / "link").symlink_to("/../../etc/passwd")
    root = os.open(tmp_path, os.O_PATH)
    found = openat2(root, "link", os.O_RDONLY, resolve=RESOLVE.IN_ROOT)
    assert os.read(found, 100) == b"inside"
    with pytest.raises(OSError, match="link") as refused:
        openat2(root, "link", os.O_RDONLY, resolve=RESOLVE.NO_SYMLINKS | RESOLVE.BENEATH)
    assert refused.value.errno == errno.ELOOP
    os.close(found)
    os.close(root)


def test_what_a_child_saw_is_raised_with_its_words():
    with pytest.raises(Differs, match="No such file"):
        in_child(lambda: Path("/nowhere/at/all").read_text(encoding="ascii"))
