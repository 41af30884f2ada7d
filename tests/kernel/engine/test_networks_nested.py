"""Bridges, pairs and rules made by the root of a user namespace, as an engine within a lab is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract.engines import ROOT

pytestmark = pytest.mark.kernel
_SCRIPT = """
import os, subprocess, time
from sandbox.engine import bridges, nat
from sandbox.engine.endpoint import Published
from sandbox.engine.network import Network
from sandbox.engine.spec import Link
from sandbox.kernel import links
from sandbox.kernel.resolving import resolver_sockets

links.set_up("lo")
place = {"subnet": "10.5.0.0/24", "gateway": "10.5.0.1", "link": "tb0"}
network = Network("0" * 64, "n1", "", "bridge", **place)
print("refused:", bridges.make(network))
port = Published("80/tcp", "0.0.0.0", 8080)
nat.apply(nat.whole("k", [network], [(port, "10.5.0.2")]))
sleep = ["sh", "-c", "ip link set lo up; echo up; exec sleep 60"]
inside = subprocess.Popen(["unshare", "--net", *sleep], stdout=-1)
inside.stdout.readline()
link = Link("tv0", "tb0", "eth0", "02:42:0a:05:00:02", "10.5.0.2", 24, "10.5.0.1")
bridges.plug(link, inside.pid)
enter = ["nsenter", "-t", str(inside.pid), "-n"]
serve = subprocess.Popen([*enter, "busybox", "nc", "-l", "-p", "80", "-e", "echo", "hello"])
bridges.within(inside.pid, resolver_sockets)
for _ in range(50):
    fetch = ["busybox", "nc", "-w", "1", "127.0.0.1", "8080"]
    got = subprocess.run(fetch, capture_output=True, text=True, stdin=-3)
    if got.stdout:
        break
print("served:", got.stdout.strip())
ping = subprocess.run([*enter, "busybox", "ping", "-c", "1", "-W", "2", "10.5.0.1"], stdout=-3)
print("gateway:", ping.returncode)
inside.kill()
serve.kill()
nat.apply(nat.none("k"))
bridges.remove("tb0")
for _ in range(500):  # The kernel takes a namespace apart, and its devices, in its own time.
    if left := sorted(set(links.names()) - {"lo"}):
        time.sleep(0.01)
print("left:", left)
"""


def test_the_root_of_a_user_namespace_can_make_a_network():
    argv = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", _SCRIPT]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == [
        "refused: []",
        "served: hello",
        "gateway: 0",
        "left: []",
    ], done.stderr
