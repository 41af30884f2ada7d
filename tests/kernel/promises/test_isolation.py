"""No way to other labs, to the host's services, or out; ids; the exec entry: security.md 2.3."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

METADATA = ("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")


@pytest.fixture
def listener():
    """Somebody who listens on every address of the host."""
    with socket.create_server(("", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "host"])
def test_n01_the_hosts_listeners_cannot_be_reached(lab, listener, host_address, address):
    target = host_address if address == "host" else address
    with socket.create_connection((host_address, listener)):
        pass  # It does listen.
    ran = lab.sh(f"nc -z -w 2 {target} {listener}")
    assert ran.code == 1


def test_n02_no_metadata_service_answers(lab):
    for address in METADATA:
        assert lab.sh(f"timeout 5 nc -z -w 2 {address} 80").code == 1


def test_n02_there_is_no_route_out(lab):
    assert lab.sh("ip -j route show table all | jq length; ip -br link").output.split()[1] == "lo"
    assert lab.sh("ip route show default; ip -6 route show default").output == ""
    assert lab.sh("nc -z -w 2 192.0.2.1 80").code == 1


def test_n05_no_unix_socket_of_the_host_is_in_the_file_system(lab):
    ran = lab.sh("find / -xdev -type s 2>/dev/null")
    assert ran.output == ""


def test_n09_no_abstract_socket_of_the_host_answers(lab):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0terrarium-canary")
        server.listen()
        assert "canary" not in lab.sh("cat /proc/net/unix").output
        connect = (
            "use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0);"
            'print connect($s, pack("Sa*", 1, "\\0terrarium-canary")) ? "open" : "closed"'
        )
        assert lab.run("perl", "-e", connect).output == "closed"


def test_two_labs_share_no_namespace_and_no_id(lab, neighbour):
    for kind in os.listdir("/proc/self/ns"):
        if kind.startswith("time"):
            continue
        ours, theirs, hosts = (
            os.readlink(f"/proc/{pid}/ns/{kind}") for pid in (lab.pid, neighbour.pid, "self")
        )
        assert len({ours, theirs, hosts}) == 3, kind
    assert set(_ids(lab)).isdisjoint(_ids(neighbour))
    assert 0 not in _ids(lab)


def _ids(lab) -> range:
    inside, outside, length = map(int, Path(f"/proc/{lab.pid}/uid_map").read_text().split())
    assert (inside, length) == (0, 65536)
    return range(outside, outside + length)


def test_two_labs_do_not_see_each_others_processes_or_files(lab, neighbour):
    neighbour.background("exec -a terrarium-secret sleep 1000")
    neighbour.sh("echo secret > /root/secret; echo secret > /dev/shm/secret")
    assert "terrarium-secret" in neighbour.sh("ps ax -o args").output
    assert "terrarium-secret" not in lab.sh("ps ax -o args").output
    assert lab.sh("cat /root/secret /dev/shm/secret 2>/dev/null").output == ""
    neighbour.sh("pkill -f terrarium-secre[t]; rm -f /root/secret /dev/shm/secret")


def test_no_process_of_the_host_is_seen_or_signalled(lab):
    pids = {int(line) for line in lab.sh("ls /proc | grep '^[0-9]'").lines}
    assert max(pids) < 1000
    names = lab.sh("ps ax -o comm=").lines
    assert not [name for name in names if "python" in name]
    assert lab.sh(f"kill -9 {os.getpid()}").code != 0


def test_a_setuid_file_made_inside_is_worth_nothing_outside(lab):
    lab.sh("cp /bin/bash /root/setuid; chmod 4755 /root/setuid")
    mounted = Path(f"/proc/{lab.pid}/root/root/setuid")
    status = mounted.stat()
    assert status.st_uid >= 0x30000000
    assert status.st_mode & 0o4000


def test_root_inside_is_not_root_outside(lab, canary):
    status = Path(f"/proc/{lab.pid}/status").read_text()
    uids = re.findall(r"^Uid:\t(\d+)\t(\d+)", status, re.MULTILINE)
    assert min(map(int, uids[0])) >= 0x30000000
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert lab.sh(f"cat {canary}").code == 1


def test_the_directories_of_the_engine_are_closed_to_others(engine):
    state = engine.running.here.state / "engine"
    assert state.stat().st_mode & 0o077 == 0
    assert (engine.running.here.run / "engine.sock").stat().st_mode & 0o077 == 0
    for path in (engine.running.here.run / "shims").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_exec_lets_nobody_look_through_the_newcomer(make_lab):
    lab = make_lab(nano_cpus=2_000_000_000)
    script = (Path(__file__).parent / "attacks/watcher.pl").read_text()
    lab.run("/bin/bash", "-c", 'printf %s "$1" > /root/watcher.pl', "sh", script)
    lab.background("perl /root/watcher.pl 6 > /root/hits 2>&1")
    for _ in range(150):
        assert lab.run("/bin/true").code == 0
    hits = lab.sh("while ! grep -q seen /root/hits; do sleep 0.2; done; cat /root/hits").lines
    seen = int(hits[-1].split()[1])
    assert seen >= 20  # The watcher did catch newcomers.
    assert hits[:-1] == ["watching"]


@pytest.mark.parametrize("workdir", [f"/proc/self/fd/{number}" for number in range(3, 12)])
def test_a_working_directory_through_a_descriptor_leads_nowhere(lab, workdir):
    ran = lab.run("/bin/bash", "-c", "pwd; ls ../../../..", workdir=workdir)
    assert "work" not in ran.output
    assert ran.code != 0


def test_no_descriptor_of_the_host_is_open_in_a_new_program(lab):
    ran = lab.sh("ls -l /proc/self/fd /proc/1/fd | grep -oE '[-]> .*'")
    targets = {line[3:] for line in ran.lines}
    assert all(
        re.match(r"(pipe|socket|anon_inode):|/dev/(null|pts/\d+|console)$|/proc/\d+/fd$", target)
        for target in targets
    ), targets


def test_signals_are_as_a_program_expects_them(lab):
    status = lab.sh("grep -E '^Sig(Ign|Blk)' /proc/self/status").output.split()
    assert status == ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16]
    assert lab.sh("yes | head -1").output == "y\n"
