"""What networks leave on the host, and what they withstand: asked of ip, nft and real sockets."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests import witness
from tests.contract.wire import ask

pytestmark = pytest.mark.kernel
_SERVE = "while :; do echo hello | nc -l -p 80; done"
_TABLES = "nft -j list tables"


@pytest.fixture(autouse=True)
def _tidy(own):
    yield
    if own.process is None:
        own.start()
    for listing, removal in (("ps -aq", "rm -f"), ("network ls -q -f type=custom", "network rm")):
        if names := own.all.ask(*listing.split()).split():
            own.all.ask(*removal.split(), *names)


def outside(own, command, **how):
    """A command in the engine's network namespace."""
    argv = [*own.all.enter.split(), "sh", "-c", command]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, **how)


def links(own):
    return {link["ifname"] for link in json.loads(outside(own, "ip -j link").stdout)}


def tables(own):
    found = json.loads(outside(own, _TABLES).stdout)["nftables"]
    return {entry["table"]["name"] for entry in found if "table" in entry}


def ours(own):
    return {name for name in links(own) if name.startswith(("tb", "tv"))}


def fetched(own, place):
    return outside(own, f"busybox nc -w 2 {place} < /dev/null").stdout


def serves(own, place="127.0.0.1 8080"):
    return witness.settled(lambda: fetched(own, place) == "hello\n", within=10)


def test_a_published_port_is_served_while_there_is_no_engine(own):
    own.all.ask("run", "-d", "--name", "web", "-p", "8080:80", "box:1", "sh", "-c", _SERVE)
    assert serves(own)
    own.end(signal.SIGKILL)
    assert serves(own)
    own.start()
    assert serves(own)
    assert own.all.ask("port", "web") == "80/tcp -> 0.0.0.0:8080"
    taken = own.all.docker("run", "--rm", "-p", "8080:80", "box:1", "true").stderr.decode()
    assert "Bind for 0.0.0.0:8080 failed: port is already allocated" in taken


def test_an_open_connection_outlives_the_engine(own):
    talk = "nc -l -p 80 -e sh -c 'read x; echo first $x; read y; echo then $y'"
    own.all.ask("run", "-d", "--name", "talks", "-p", "8081:80", "box:1", "sh", "-c", talk)
    client = "until exec 3<>/dev/tcp/127.0.0.1/8081; do sleep 0.1; done 2>/dev/null; "
    client += "echo a >&3; read x <&3; echo $x; read go; echo b >&3; read y <&3; echo $y"
    argv = [*own.all.enter.split(), "bash", "-c", client]
    with subprocess.Popen(argv, stdin=-1, stdout=-1, text=True) as visitor:
        assert visitor.stdin
        assert visitor.stdout
        assert visitor.stdout.readline() == "first a\n"
        own.end(signal.SIGKILL)
        own.start()
        visitor.stdin.write("go\n")
        visitor.stdin.flush()
        assert visitor.stdout.readline() == "then b\n"


def test_what_ends_while_there_is_no_engine_is_given_back(own):
    own.all.ask("network", "create", "--subnet", "10.5.0.0/24", "n1")
    own.all.ask(
        "run", "-d", "--name", "ends", "--network", "n1", "-p", "8080:80", "box:1", "sleep", "60"
    )
    pid = int(own.all.inspect("ends", ".State.Pid"))
    own.end(signal.SIGKILL)
    outside(own, f"kill -9 {pid}")
    own.start()
    own.all.ask("wait", "ends")
    assert witness.settled(lambda: len(ours(own)) == 1, within=10)  # The bridge of n1.
    second = own.all.ask("run", "--rm", "--network", "n1", "-p", "8080:80", "box:1", "ip", "addr")
    assert "10.5.0.2/24" in second


def test_a_bridge_that_was_cut_off_half_made_is_completed(own):
    own.all.ask("network", "create", "--subnet", "10.5.0.0/24", "n1")
    (bridge,) = ours(own)
    own.end(signal.SIGKILL)
    outside(
        own,
        f"ip link set {bridge} down; ip addr flush dev {bridge}; "
        f"ip link add {bridge[:8]}dead type bridge",
    )
    own.start()
    assert ours(own) == {bridge}
    one = own.all.ask("run", "--rm", "--network", "n1", "box:1", "ping", "-c", "1", "10.5.0.1")
    assert "1 packets received" in one


def test_what_belongs_to_others_is_not_touched(own):
    foreign = "add table ip foreign; add table ip terrarium_0123456789ab"
    outside(
        own, f"nft '{foreign}'; ip link add tb000000000000 type bridge; ip link add br0 type bridge"
    )
    before = {"foreign", "terrarium_0123456789ab"}
    own.all.ask("run", "--rm", "-p", "8080:80", "box:1", "true")
    own.end(signal.SIGKILL)
    own.start()
    own.all.ask("run", "--rm", "box:1", "true")
    own.end()
    assert before <= tables(own)
    assert {"tb000000000000", "br0"} <= links(own)
    outside(own, "nft 'delete table ip foreign; delete table ip terrarium_0123456789ab'")
    outside(own, "ip link del tb000000000000; ip link del br0")


def test_a_clean_stop_with_nobody_there_leaves_nothing(own):
    own.all.ask("network", "create", "n1")
    own.all.ask("run", "--rm", "--network", "n1", "-p", "8080:80", "box:1", "true")
    own.end()
    assert ours(own) == set()
    assert tables(own) == set()
    own.start()
    assert "1 packets received" in own.all.ask(
        "run",
        "--rm",
        "--network",
        "n1",
        "box:1",
        "sh",
        "-c",
        "ping -c 1 $(ip route | awk '/default/ {print $3}')",
    )


def test_a_subnet_of_the_hosts_is_left_to_it(own):
    outside(own, "ip link add br0 type bridge; ip addr add 172.18.3.4/16 dev br0")
    own.all.ask("network", "create", "n1")
    subnet = own.all.ask("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "n1")
    assert subnet == "172.19.0.0/16"
    refused = own.all.docker("network", "create", "--subnet", "172.18.3.0/24", "n2").stderr.decode()
    assert "Pool overlaps with other one on this address space" in refused
    outside(own, "ip link del br0")


def test_udp_is_published(own):
    own.all.ask("run", "-d", "--name", "udp", "-p", "5353:53/udp", "box:1", "sleep", "60")
    pid = own.all.inspect("udp", ".State.Pid")
    answer = "import socket; s = socket.socket(2, 2); s.bind(('', 53)); print('up', flush=True); "
    answer += "m, a = s.recvfrom(9); s.sendto(m[::-1], a)"
    argv = ["nsenter", "-t", pid, "-n", sys.executable, "-c", answer]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as server:
        assert server.stdout
        server.stdout.readline()
        ask = "import socket; s = socket.socket(2, 2); s.settimeout(5); "
        ask += "s.connect(('127.0.0.1', 5353)); s.send(b'ping'); print(s.recv(9))"
        assert outside(own, f'{sys.executable} -c "{ask}"').stdout == "b'gnip'\n"


def test_addresses_do_not_leak(own):
    own.all.ask("network", "create", "--subnet", "10.5.0.0/29", "n1")
    for _ in range(8):  # Five addresses are free.
        own.all.ask("run", "--rm", "--network", "n1", "box:1", "true")
    for number in range(5):
        own.all.ask("run", "-d", "--name", f"c{number}", "--network", "n1", "box:1", "sleep", "60")
    full = own.all.docker("run", "--rm", "--network", "n1", "box:1", "true").stderr.decode()
    assert "no available IPv4 addresses on this network's address pools" in full


def test_a_container_cannot_reach_the_hosts_loopback_through_its_gateway(own):
    own.all.ask("run", "-d", "--name", "c1", "--cap-add", "NET_ADMIN", "box:1", "sleep", "60")
    pid, gateway = (
        own.all.inspect("c1", name) for name in (".State.Pid", ".NetworkSettings.Gateway")
    )
    listen = "import socket; s = socket.socket(); s.bind(('127.0.0.5', 99)); s.listen(); "
    listen += "print('up', flush=True); s.accept()"
    with subprocess.Popen(
        [*own.all.enter.split(), sys.executable, "-c", listen], stdout=-1
    ) as host:
        assert host.stdout
        host.stdout.readline()
        inside = "sysctl -qw net.ipv4.conf.eth0.route_localnet=1; "
        inside += "ip route del local 127.0.0.0/8 dev lo table local; "
        inside += f"ip route add 127.0.0.5 via {gateway} dev eth0; "
        inside += "busybox nc -w 2 127.0.0.5 99 < /dev/null"
        tried = subprocess.run(
            ["nsenter", "-t", pid, "-n", "sh", "-c", inside],
            capture_output=True,
            text=True,
            check=False,
        )
        host.kill()
    assert tried.returncode != 0
    assert "timed out" in tried.stderr


def test_devices_that_a_killed_engine_left_or_never_made(own):
    for name, subnet in (("n1", "10.5.0.0/24"), ("n2", "10.6.0.0/24")):
        own.all.ask("network", "create", "--subnet", subnet, name)
    own.all.ask("run", "-d", "--name", "c1", "--network", "n1", "box:1", "sleep", "60")
    first = {name for name in links(own) if name.startswith("tv")}
    own.all.ask("network", "connect", "n2", "c1")
    (second,) = {name for name in links(own) if name.startswith("tv")} - first
    own.end(signal.SIGKILL)
    orphan = f"{second[:8]}orphan"
    outside(own, f"ip link del {second}; ip link add {orphan} type veth peer name nobody")
    own.start()
    assert {name for name in links(own) if name.startswith("tv")} == {*first, second}
    assert outside(own, "busybox ping -c 1 -W 2 10.6.0.2").returncode == 0


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /networks",
        "GET /networks/n1",
        "POST /networks/create",
        "POST /networks/prune",
        "POST /networks/n1/connect",
        "POST /networks/n1/disconnect",
        "DELETE /networks/n1",
    ],
)
def test_the_labs_socket_knows_no_networks(own, request_line):
    own.all.ask("network", "create", "n1")
    method, path = request_line.split()
    body = {"Name": "n2", "Container": "c1"} if method == "POST" else None
    assert ask(own.labs, method, path, body)[0] == 403
    assert own.all.ask("network", "ls", "-q", "--filter", "name=n").count("\n") == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"NetworkMode": "host"},
        {"NetworkMode": "n1"},
        {"NetworkMode": "container:other"},
        {"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}},
        {"PublishAllPorts": True},
    ],
)
def test_a_lab_has_no_network_whoever_asks(own, asked):
    lab = {"Image": "box:1", "HostConfig": {"Runtime": "lab", **asked}}
    status, _, answer = ask(own.all, "POST", "/containers/create", lab)
    assert (status, answer["message"]) == (400, "a lab has no network but its loopback")


def test_a_lab_is_connected_to_nothing_later(own):
    own.all.ask("network", "create", "n1")
    lab = {"Image": "box:1", "Cmd": ["sleep", "60"], "HostConfig": {"Runtime": "lab"}}
    identity = ask(own.labs, "POST", "/containers/create?name=lab", lab)[2]["Id"]
    for _ in ("created", "running"):
        refused = own.all.docker("network", "connect", "n1", identity).stderr.decode()
        assert "a lab has no network but its loopback" in refused
        own.all.docker("start", identity)
    assert not [name for name in links(own) if name.startswith("tv")]
