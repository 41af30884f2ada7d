"""The probe `net` over labs made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from course.exercises.conditions import Condition
from course.exercises.search import Truth, examine
from course.exercises.sight import Evidence
from sandbox.observe.snapshot import Link, Route, Socket
from tests.course.exercises.labs import Lab, mount, process


def link(index: int, name: str, kind: str, *addresses: str, **changes) -> Link:
    plain = Link(index, name, kind, up=True, master=0, peer=0, addresses=addresses, carrier=True)
    return replace(plain, **changes)


LOOPBACK = link(1, "lo", "loopback", "127.0.0.1/8")
BRIDGE = link(2, "br0", "bridge")
PORT = link(4, "vred", "veth", master=2, peer=7, peer_namespace=203)
INNER = link(7, "eth0", "veth", "10.3.0.2/24", "fe80::1/64", peer=4, peer_namespace=103)


@pytest.fixture
def lab():
    """A sandbox with a bridge; red is wired to it, and serves; green is kept by a mount."""
    made = Lab()
    made.processes.append(process(1010, "red", spaces={"net": 203}))
    made.mounts[101] += (mount("/run/netns/green", "nsfs", root="net:[303]"),)
    made.links = {103: (LOOPBACK, BRIDGE, PORT), 203: (LOOPBACK, INNER), 303: (LOOPBACK,)}
    made.routes = {203: (Route("unicast", "default", "10.3.0.1", "eth0", 0, 254, ""),)}
    made.sockets = {203: (Socket("tcp", "127.0.0.1", 80, "LISTEN", 5, (1010,)),)}
    return made


def judged(lab: Lab, **net):
    condition = Condition.model_validate(
        {"proc": {"as": "red", "where": {"comm": "red"}}, "net": net}
    )
    return examine(condition, Evidence(lab.taken()), {})


@pytest.mark.parametrize(
    "net",
    [
        {"link": "br0", "kind": "bridge", "up": True},
        {"ns": "red", "addr": "10.3.0.2"},
        {"ns": "red", "link": "eth0", "addr": "10.3.0.2/24", "up": True, "carrier": True},
        {"ns": "red", "link": "eth0", "peer_ns": "init", "peer": {"master": "br0", "up": True}},
        {"link": "vred", "master": "br0", "peer_ns": "red"},
        {"ns": "red", "route": {"via": "10.3.0.1", "dev": "eth0"}},
        {"ns": "red", "listen": 80},
        {"ns": "red", "listen": "80"},
        {"ns": "red", "listen": {"port": 80, "addr": "127.0.0.1", "by": "red"}},
        {"ns": "/run/netns/green", "link": "lo"},
        {"ns": "/var/run/netns/green", "link": "lo"},
        {"ns": "init", "link": "eth0", "absent": True},
        {"ns": "red", "route": {"kind": "blackhole", "to": "10.0.0.0/8"}, "absent": True},
    ],
)
def test_what_is_there_is_found(lab, net):
    assert judged(lab, **net).truth is Truth.YES


@pytest.mark.parametrize(
    ("net", "found"),
    [
        ({"link": "eth0"}, "lo, br0, vred"),
        ({"ns": "red", "link": "eth0", "addr": "10.3.0.3"}, "eth0: UP, 10.3.0.2/24, fe80::1/64"),
        ({"link": "vred", "peer_ns": "!red"}, "vred: UP, —, master br0"),
        ({"link": "vred", "peer_ns": "init"}, "vred: UP, —, master br0"),
        ({"ns": "red", "link": "eth0", "peer": {"master": "br1"}}, "eth0: UP"),
        ({"ns": "red", "route": {"via": "10.3.0.9"}}, "default via 10.3.0.1 dev eth0"),
        ({"ns": "red", "listen": 8080}, "127.0.0.1:80"),
        ({"ns": "red", "listen": {"port": 80, "addr": "0.0.0.0"}}, "127.0.0.1:80 red[11]"),
        ({"ns": "red", "listen": {"port": 80, "by": "init"}}, "127.0.0.1:80 red[11]"),
        ({"ns": "red", "listen": {"port": 80, "proto": "udp"}}, "none"),
        ({"ns": "/run/netns/blue", "link": "lo"}, "no such network namespace"),
        ({"ns": "red", "link": "eth0", "absent": True}, "it is there"),
    ],
)
def test_a_miss_says_what_is_there_instead(lab, net, found):
    outcome = judged(lab, **net)
    assert outcome.truth is Truth.NO
    assert outcome.miss is not None
    assert found in outcome.miss.found.en


def test_a_pair_whose_other_end_is_out_of_sight_is_in_nobodys_namespace(lab):
    lab.links[103] = (replace(PORT, peer_namespace=0),)
    assert judged(lab, link="vred", peer_ns="red").truth is Truth.NO
    assert judged(lab, link="vred", peer_ns="!red").truth is Truth.NO


@pytest.mark.parametrize("absent", [False, True])
def test_what_a_flood_pushed_out_of_sight_neither_is_nor_is_not_there(lab, absent):
    lab.features += ("truncated.network",)
    outcome = judged(lab, ns="red", listen=9, absent=absent)
    assert outcome.truth is Truth.UNAVAILABLE
    assert judged(lab, ns="red", listen=80).truth is Truth.YES
    hidden = {"not": {"net": {"listen": 9}}}
    assert (
        examine(Condition.model_validate(hidden), Evidence(lab.taken()), {}).truth is not Truth.YES
    )


@pytest.mark.parametrize(
    ("cut", "condition"),
    [
        ("processes", {"not": {"proc": {"where": {"comm": "forker"}}}}),
        ("processes", {"proc": {"where": {"comm": "forker"}, "count": {"lte": 20}}}),
        ("mounts", {"mount": {"at": "/mnt/secret", "absent": True}}),
        ("mounts", {"not": {"mount": {"at": "/mnt/secret"}}}),
        ("cgroups", {"cg": {"of": "/box", "exists": False}}),
        ("namespaces", {"not": {"net": {"ns": "/run/netns/blue", "link": "lo"}}}),
    ],
)
def test_no_flood_makes_a_thing_disappear(lab, cut, condition):
    judge = Condition.model_validate(condition)
    assert examine(judge, Evidence(lab.taken()), {}).truth is Truth.YES
    lab.features += (f"truncated.{cut}",)
    assert examine(judge, Evidence(lab.taken()), {}).truth is Truth.UNAVAILABLE


def test_address_translation_is_unavailable(lab):
    assert judged(lab, nat_to="10.0.0.2:80").truth is Truth.UNAVAILABLE


@pytest.mark.parametrize("net", [{}, {"ns": "red"}, {"links": "eth0"}, {"listen": {"addr": "::"}}])
def test_a_net_that_asks_nothing_or_nonsense_is_refused(net):
    with pytest.raises(ValidationError):
        Condition.model_validate({"net": net})
