"""kill -9 at any moment of a network's life: records, devices, rules and ports agree again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest

from tests import witness

pytestmark = pytest.mark.kernel
ROUNDS = int(os.environ.get("TERRARIUM_NETWORK_KILLS", "6"))
_DEEDS = (
    "network create --subnet 10.1.0.0/24 a",
    "network create --internal b",
    "run -d --name c1 --network a -p 8080:80 -p 8053:53/udp box:1 sleep 60",
    "network connect b c1",
    "run --rm --network a --network-alias x box:1 true",
    "network disconnect a c1",
    "network connect a c1",
    "run -d --name c2 -P --expose 7 box:1 sleep 60",
    "restart -t 0 c1",
    "rm -f c1",
    "rm -f c2",
    "network rm a",
    "network rm b",
)


def outside(own, command):
    argv = [*own.all.enter.split(), *command.split()]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True).stdout


def recorded(own):
    """What inspect and the records say must be there: devices, bridges, published ports."""
    pairs, ports = set(), set()
    for record in own.containers.glob("*/config.json"):
        said = json.loads(record.read_text())
        pairs |= {endpoint["link"] for endpoint in said["endpoints"] if endpoint["id"]}
        ports |= {(port["port"][-3:], port["host_port"]) for port in said["published"]}
    networks = [
        json.loads(file.read_text()) for file in (own.state / "engine" / "networks").glob("*.json")
    ]
    bridges = {network["link"] for network in networks if network["link"]}
    return pairs, bridges, ports


def there(own):
    links = {link["ifname"] for link in json.loads(outside(own, "ip -j link"))}
    pairs = {name for name in links if name.startswith("tv")}
    ports, rules = set(), json.loads(outside(own, "nft -j list ruleset"))["nftables"]
    for entry in rules:
        table = entry.get("map", {})
        if table.get("name") in ("everywhere", "somewhere"):
            ports |= {tuple(key["concat"][-2:]) for key, _ in table.get("elem", [])}
    return pairs, {name for name in links if name.startswith("tb")}, ports


def agrees(own):
    pairs, bridges, ports = recorded(own)
    now = there(own)
    return now[0] == pairs and now[2] == ports and now[1] <= bridges


def test_a_kill_at_any_moment_leaves_records_and_kernel_in_agreement(own):
    chance = random.Random(os.environ.get("TERRARIUM_NETWORK_SEED", "1"))
    for _ in range(ROUNDS):
        deeds = threading.Thread(
            target=lambda: [own.all.docker(*deed.split()) for deed in _DEEDS], daemon=True
        )
        deeds.start()
        time.sleep(chance.uniform(0.02, 2.5))  # The moment is the test.
        own.end(signal.SIGKILL)
        deeds.join(30)
        own.start()
        assert witness.settled(lambda: agrees(own), within=10), (recorded(own), there(own))
        for identity in own.all.ask("ps", "-aq").split():
            own.all.ask("rm", "-f", identity)
        for name in own.all.ask("network", "ls", "-q", "--filter", "type=custom").split():
            own.all.ask("network", "rm", name)
        assert witness.settled(lambda: agrees(own), within=10), (recorded(own), there(own))
        assert there(own)[0] == there(own)[2] == set()
    own.all.ask("run", "-d", "--name", "last", "-p", "8080:80", "box:1", "sleep", "60")
    assert there(own)[2] == {("tcp", 8080)}
    assert len(there(own)[0]) == 1
