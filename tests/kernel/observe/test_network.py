"""What a Snapshot says of networks is what ip and ss say, in every namespace of the container."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kernel.observe.boxes import Box, named, witness

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]

WIRED = """
mount -t proc proc /proc
unshare --net tail -f /dev/null & red=$!
until [ "$(readlink /proc/$red/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add br0 type bridge
ip link set br0 up
ip link add port type veth peer name eth0 netns $red
ip link set port master br0 up
nsenter -t $red -n sh -c 'ip address add 10.7.0.2/24 dev eth0; ip link set eth0 up;
  ip route add default via 10.7.0.1; ip route add blackhole 10.9.0.0/16'
echo ready
exec cat
"""
KEPT = """
mount -t tmpfs none /run
ip netns add green
ip link add out type veth peer name in netns green
ip -n green address add 10.8.0.2/24 dev in
ip -n green link set in up
echo ready
exec cat
"""


def test_the_other_end_of_a_wire_is_found_in_another_namespace(box: Box):
    box.isolated(WIRED)
    snapshot, tail = box.showing("tail")
    here, red = named(snapshot, "cat").namespaces["net"], tail.namespaces["net"]
    port = next(link for link in snapshot.links[here] if link.name == "port")
    eth0 = next(link for link in snapshot.links[red] if link.name == "eth0")
    bridge = next(link for link in snapshot.links[here] if link.name == "br0")
    assert (port.peer_namespace, port.peer) == (red, eth0.index)
    assert (eth0.peer_namespace, eth0.peer) == (here, port.index)
    assert (port.master, bridge.kind, eth0.carrier) == (bridge.index, "bridge", True)


def test_routes_are_those_that_ip_prints(box: Box):
    box.isolated(WIRED)
    snapshot, tail = box.showing("tail")
    printed = json.loads(witness(tail, "--net", "ip", "-j", "-4", "route"))
    assert {
        (one.get("type", "unicast"), one["dst"], one.get("gateway", ""), one.get("dev", ""))
        for one in printed
    } == {
        (route.kind, route.to.removesuffix("/32"), route.via, route.device)
        for route in snapshot.routes[tail.namespaces["net"]]
        if ":" not in route.to
    }
    assert ("blackhole", "10.9.0.0/16") in {
        (route.kind, route.to) for route in snapshot.routes[tail.namespaces["net"]]
    }


def test_a_namespace_that_only_a_mount_keeps_is_seen(box: Box):
    box.isolated(KEPT)
    snapshot, cat = box.showing("cat")
    inode = int(witness(cat, "--mount", "stat", "-c", "%i", "/run/netns/green"))
    assert inode not in {process.namespaces.get("net") for process in snapshot.processes}
    inner = next(link for link in snapshot.links[inode] if link.name == "in")
    assert (inner.addresses[0], inner.up) == ("10.8.0.2/24", True)
    outer = next(one for one in snapshot.links[cat.namespaces["net"]] if one.name == "out")
    assert outer.peer_namespace == inode


def test_a_mount_of_the_hosts_network_is_not_a_door_to_it(box: Box):
    box.isolated(
        "mount -t tmpfs none /mnt; touch /mnt/n; mount --bind /proc/self/ns/net /mnt/n; "
        "echo ready; exec cat",
        ("--mount", "--uts"),
    )
    snapshot, cat = box.showing("cat")
    own = Path("/proc/self/ns/net").stat().st_ino
    table = snapshot.mounts[cat.namespaces["mnt"]]
    assert f"net:[{own}]" in {mount.root for mount in table}
    assert snapshot.links == {}


def test_a_listening_socket_names_every_process_that_holds_it(box: Box):
    listen = (
        "import os, socket; s = socket.create_server(('', 8080)); u = socket.socket(2, 2);"
        " u.bind(('', 53)); os.fork(); print('ready', flush=True); __import__('time').sleep(1000)"
    )
    box.isolated(f'ip link set lo up; exec python3 -c "{listen}"')
    snapshot = box.snapshot()
    pythons = {one.pid: one for one in snapshot.processes if one.comm == "python3"}
    one = next(iter(pythons.values()))
    owners = {each.port: each.owners for each in snapshot.sockets[one.namespaces["net"]]}
    assert set(owners[8080]) == set(owners[53]) == set(pythons)
    shown = witness(one, "--net", "ss", "-tlnpH")
    assert {int(each.split(",")[0]) for each in shown.split("pid=")[1:]} == set(owners[8080])


def test_what_is_wired_survives_being_asked_while_it_is_torn_down(box: Box):
    churn = (
        "while :; do unshare --net sleep 0.05 & ip link add a type veth peer name b netns $!; "
        "ip link del a; wait; done"
    )
    box.isolated(f"({churn}) >/dev/null 2>&1 & echo ready; exec cat")
    for _ in range(50):
        assert box.snapshot().links
