"""A Snapshot says what the host's own programs say."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from sandbox.kernel.cgroups.group import Group
from sandbox.observe.codec import snapshot_from, to_json
from sandbox.observe.snapshot import IdRange
from tests.kernel.observe.boxes import NAMESPACES, Box, named, witness

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]

LIVELY = """
hostname box-42
ip link set lo up
ip link add left type veth peer name right
ip address add 10.9.8.7/24 dev left
ip link set left up
mount -t tmpfs -o size=4k 'odd name' /mnt
echo ready
exec tail -f /dev/null
"""


def children(directory: str) -> list[int]:
    return [int(pid) for pid in Path(directory, "cgroup.procs").read_text().split()]


def test_processes_are_those_of_the_cgroup_and_no_others(box: Box):
    box.isolated("tail -f /dev/null & echo ready; wait")
    snapshot, _ = box.showing("tail")
    told = {process.pid for process in snapshot.processes}
    pids = next(one for one in box.group.hierarchies if "pids" in one.controllers)
    assert told == set(children(f"{pids.mountpoint}/{box.group.name}"))
    assert snapshot.init in told
    init = next(process for process in snapshot.processes if process.pid == snapshot.init)
    shell = named(snapshot, "sh")
    assert (init.parent, shell.parent) == (0, init.pid)
    assert (shell.nspid, named(snapshot, "tail").nspid[1:]) == ((shell.pid, 1), (2,))
    assert named(snapshot, "tail").cmdline == ("tail", "-f", "/dev/null")
    assert os.path.samefile(shell.exe, "/bin/sh")


def test_every_namespace_is_the_one_that_lsns_names(box: Box):
    box.isolated(LIVELY)
    _, tail = box.showing("tail")
    for kind, inode in tail.namespaces.items():
        assert f"[{inode}]" in os.readlink(f"/proc/{tail.pid}/ns/{kind}")
    assert tail.namespaces.keys() >= {"mnt", "pid", "net", "uts", "ipc", "user", "cgroup"}
    assert tail.namespaces["net"] != Path("/proc/self/ns/net").stat().st_ino
    assert tail.uid_map == (IdRange(0, 0, 1),)


def test_the_hostname_is_what_hostname_prints(box: Box):
    box.isolated(LIVELY)
    snapshot, tail = box.showing("tail")
    assert snapshot.hostnames == {tail.namespaces["uts"]: "box-42"}
    assert witness(tail, "--uts", "hostname") == "box-42\n"


def test_mounts_are_those_that_findmnt_lists(box: Box):
    box.isolated(LIVELY)
    snapshot, tail = box.showing("tail")
    mounts = snapshot.mounts[tail.namespaces["mnt"]]
    columns = "ID,PARENT,MAJ:MIN,TARGET,FSTYPE,SOURCE,VFS-OPTIONS"
    listed = witness(tail, "--mount", "findmnt", "--json", "--list", "-v", "-o", columns)
    told = json.loads(listed)["filesystems"]
    assert {
        (one["id"], one["parent"], one["maj:min"], one["target"], one["fstype"]) for one in told
    } == {(one.id, one.parent, one.device, one.target, one.fstype) for one in mounts}
    odd = next(mount for mount in mounts if mount.target == "/mnt")
    assert (odd.source, odd.fstype) == ("odd name", "tmpfs")
    assert "size=4k" in odd.super_options


def test_a_chrooted_process_does_not_hide_the_mounts_of_its_namespace(box: Box, tmp_path):
    script = (
        f"tail -f /dev/null & exec chroot {tmp_path} /busybox sh -c 'echo ready; exec /busybox cat'"
    )
    (tmp_path / "busybox").write_bytes(Path("/bin/busybox").read_bytes())
    (tmp_path / "busybox").chmod(0o755)
    box.isolated(script)
    snapshot, _ = box.showing("tail")
    chrooted = next(process for process in snapshot.processes if process.root != "/")
    assert chrooted.root == str(tmp_path)
    assert "/" in {mount.target for mount in snapshot.mounts[chrooted.namespaces["mnt"]]}


def test_links_are_those_that_ip_shows(box: Box):
    box.isolated(LIVELY)
    snapshot, tail = box.showing("tail")
    told = {
        (one["ifindex"], one["ifname"], "UP" in one["flags"], one.get("link", ""))
        for one in json.loads(witness(tail, "--net", "ip", "-j", "-d", "address"))
    }
    links = snapshot.links[tail.namespaces["net"]]
    names = {link.index: link.name for link in links} | {0: ""}
    assert {(link.index, link.name, link.up, names[link.peer]) for link in links} == told
    by_name = {link.name: link for link in links}
    assert {name: link.kind for name, link in by_name.items()} == {
        "lo": "loopback",
        "left": "veth",
        "right": "veth",
    }
    assert by_name["left"].addresses == ("10.9.8.7/24",)
    assert "127.0.0.1/8" in by_name["lo"].addresses


def test_sockets_are_those_that_ss_lists(box: Box, tmp_path):
    listener = (
        "import socket, sys, time; s = socket.create_server(('127.0.0.1', 8080));"
        "u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(('::', 53));"
        f"x = socket.socket(socket.AF_UNIX); x.bind('{tmp_path}/a b'); x.listen();"
        "c = socket.create_connection(('127.0.0.1', 8080));"
        "print('ready', flush=True); time.sleep(1000)"
    )
    box.isolated(f'ip link set lo up; exec python3 -c "{listener}"')
    snapshot, python = box.showing("python3")
    sockets = snapshot.sockets[python.namespaces["net"]]
    told = {(one.family, one.local, one.port, one.state) for one in sockets}
    assert told >= {
        ("tcp", "127.0.0.1", 8080, "LISTEN"),
        ("tcp", "127.0.0.1", 8080, "ESTABLISHED"),
        ("udp6", "::", 53, "CLOSE"),
        ("unix", f"{tmp_path}/a b", 0, "LISTEN"),
    }
    lines = witness(python, "--net", "ss", "-tanH").splitlines()
    assert len(lines) == len([one for one in sockets if one.family == "tcp"])


def test_what_shares_the_hosts_namespaces_shows_nothing_of_the_host(box: Box):
    box.isolated("echo ready; exec tail -f /dev/null", ("--ipc",))
    snapshot, _ = box.showing("tail")
    parts = (snapshot.mounts, snapshot.hostnames, snapshot.links, snapshot.sockets)
    assert not any(parts)


def test_groups_are_told_with_their_limits_and_members(box: Box):
    child = box.group.child("a (b c")
    child.create()
    child.limit(memory=64 << 20, pids=10, cpu=0.2)
    box.isolated("echo ready; exec tail -f /dev/null")
    _, before = box.showing("tail")
    assert before.cgroup == "/"
    memory_only = Group(
        child.name, tuple(one for one in child.hierarchies if "memory" in one.controllers)
    )
    memory_only.take_in(before.pid)
    snapshot = box.snapshot()
    assert [group.path for group in snapshot.cgroups] == ["/", "/a (b c"]
    inner = snapshot.cgroups[1]
    assert (inner.memory_limit, inner.pids_max, inner.cpu_quota) == (64 << 20, 10, 0.2)
    assert inner.pids == (before.pid,)
    assert named(snapshot, "tail").cgroup == "/a (b c"
    assert set(snapshot.features) >= {"cgroup.memory", "cgroup.pids", "cgroup.cpu"}


def test_the_caller_stays_in_its_own_namespaces(box: Box):
    box.isolated(LIVELY)

    def own() -> list[str]:
        task = f"/proc/self/task/{threading.get_native_id()}/ns"
        return sorted(os.readlink(f"{task}/{kind}") for kind in os.listdir(task))

    before, threads = own(), threading.active_count()
    box.snapshot()
    assert own() == before
    assert threading.active_count() == threads


def test_two_threads_may_observe_at_once(box: Box):
    box.isolated(LIVELY)
    answers: list[dict[int, str]] = []
    readers = [
        threading.Thread(target=lambda: answers.extend(box.snapshot().hostnames for _ in range(10)))
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [list(answer.values()) for answer in answers] == [["box-42"]] * 40


def test_a_snapshot_of_a_real_container_survives_json(box: Box):
    box.isolated(LIVELY, [*NAMESPACES, "--time"])
    snapshot = box.snapshot()
    assert snapshot_from(json.loads(json.dumps(to_json(snapshot)))) == snapshot


def test_a_process_without_a_first_child_has_no_pid_namespace_for_children(box: Box):
    box.start("unshare", "--pid", "tail", "-f", "/dev/null")
    _, tail = box.showing("tail")
    assert "pid_for_children" not in tail.namespaces
    assert tail.namespaces["pid"] == Path("/proc/self/ns/pid").stat().st_ino
