"""Requests from a lab's own networks: what reaches whom, and how the one that asks is locked."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.engines import Engine as Socket
from tests.contract.wire import ask
from tests.kernel.labs import Lab
from tests.witness import settled

pytestmark = pytest.mark.kernel
SERVE = "mkdir -p /www; echo v1 >/www/index.html; busybox httpd -p {port} -h /www"
HANG = "exec nc -dlk 9000 >/dev/null"


def reach(lab: Lab, network: int, port: int = 80, **changes: Any) -> dict[str, Any]:
    order = {
        "network": network,
        "kind": "http",
        "address": "127.0.0.1",
        "port": port,
        "send": "/",
        "milliseconds": 2000,
        "host": "127.0.0.1",
        **changes,
    }
    api = Socket("ours", str(lab.api))
    status, _, answers = ask(api, "POST", f"/terrarium/containers/{lab.id}/reach", [order])
    assert status == 200, answers
    told: dict[str, Any] = answers[0]
    return told


def network_of(pid: int) -> int:
    return os.stat(f"/proc/{pid}/ns/net").st_ino


def listens(lab: Lab, port: int) -> bool:
    return bool(lab.sh(f"ss -Hltn 'sport = :{port}'").output.strip())


def test_a_page_of_the_lab_is_fetched_from_within(lab: Lab):
    lab.sh(SERVE.format(port=80))
    told = reach(lab, network_of(lab.pid))
    assert (told["outcome"], told["status"], told["body"]) == ("answered", 200, "v1\n")
    assert reach(lab, network_of(lab.pid), 81)["outcome"] == "refused"


def test_a_namespace_that_only_a_mount_keeps_can_be_asked_from(lab: Lab):
    made = lab.sh(
        "ip netns add green && ip netns exec green ip link set lo up && "
        "stat -Lc %i /run/netns/green"
    )
    assert made.code == 0, made.output
    lab.sh("ip netns exec green sh -c '" + SERVE.format(port=80) + "'")
    lab.sh("ip netns pids green | xargs -r kill -9; sleep 0.2")  # Nobody is in there any more.
    assert reach(lab, int(made.output))["outcome"] == "refused"


@pytest.mark.parametrize("whose", ["the host", "the neighbour"])
def test_nobody_elses_network_is_asked_from(lab: Lab, neighbour: Lab, whose: str):
    network = network_of(neighbour.pid if whose == "the neighbour" else os.getpid())
    assert reach(lab, network)["outcome"] == "gone"


def test_a_listener_of_the_host_is_out_of_reach(lab: Lab):
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.5)
        told = reach(lab, network_of(lab.pid), canary.getsockname()[1])
        assert told["outcome"] == "refused"
        with pytest.raises(TimeoutError):
            canary.accept()


def test_the_one_that_asks_is_locked(lab: Lab):
    lab.background(HANG)
    assert settled(lambda: listens(lab, 9000), within=10)
    network = network_of(lab.pid)
    told: list[dict[str, Any]] = []
    asking = threading.Thread(target=lambda: told.append(reach(lab, network, 9000)))
    asking.start()
    found: list[int] = []

    def there() -> bool:
        found[:] = [pid for pid in couriers() if network_of(pid) == network]
        return bool(found) and status(found[0]).get("Seccomp") == "2"

    assert settled(there, within=5)
    courier = found[0]
    seen = status(courier)
    assert seen["Uid"].split() == seen["Gid"].split() == ["65534"] * 4
    assert seen["Groups"] == ""
    assert {seen[key] for key in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert (seen["NoNewPrivs"], seen["Seccomp"]) == ("1", "2")
    # Not dumpable: the files of its directory belong to root, whoever it runs as.
    assert os.stat(f"/proc/{courier}/environ").st_uid == 0
    assert {kind for kind in ("mnt", "pid", "user", "uts") if shared(kind, courier, lab)} == set()
    open_files = {os.readlink(f"/proc/{courier}/fd/{n}") for n in os.listdir(f"/proc/{courier}/fd")}
    assert {name.partition(":")[0] for name in open_files} <= {"/dev/null", "pipe", "socket"}
    assert lab.sh(f"ls /proc/{courier}").code != 0
    asking.join()
    assert (told[0]["outcome"], told[0]["status"]) == ("timeout", 0)
    assert settled(lambda: courier not in couriers(), within=5)


def test_a_killed_courier_is_our_fault_and_the_next_request_has_another(
    lab: Lab, engine: Any, make_lab: Callable[..., Lab]
):
    lab.sh(SERVE.format(port=80))
    network = network_of(lab.pid)
    assert reach(lab, network)["outcome"] == "answered"
    (server,) = [pid for pid in couriers() if parent(pid) == engine.running.engine.child.pid]
    os.kill(server, 9)
    assert settled(lambda: server not in couriers(), within=5)
    assert reach(lab, network)["outcome"] == "answered"


def couriers() -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and Path(f"/proc/{name}/comm").read_text() == "terrarium-cour\n":
                found.append(int(name))
        except OSError:
            continue
    return found


def status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def parent(pid: int) -> int:
    return int(status(pid).get("PPid", "0"))


def shared(kind: str, courier: int, lab: Lab) -> bool:
    return os.readlink(f"/proc/{courier}/ns/{kind}") == os.readlink(f"/proc/{lab.pid}/ns/{kind}")
