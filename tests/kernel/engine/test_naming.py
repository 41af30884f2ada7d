"""Names at 127.0.0.11: through the engine's death and the resolver's, and the world outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import witness

pytestmark = pytest.mark.kernel
# A server of the world outside: one A record for anything, over UDP, and truncated beyond that.
_SERVER = """
import socket, struct, threading
def told(q, more):
    head = q[:2] + struct.pack("!HHHHH", 0x8180 | (0 if more else 0x200), 1, more, 0, 0)
    record = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4\\1\\2\\3\\4"
    return head + q[12:] + record * more
def by_stream():
    while True:
        c, _ = tcp.accept()
        n = int.from_bytes(c.recv(2), "big")
        a = told(c.recv(n), 1)
        c.sendall(len(a).to_bytes(2, "big") + a)
        c.close()
udp, tcp = socket.socket(2, 2), socket.socket()
for s in udp, tcp:
    s.bind(("10.99.0.1", 53))
tcp.listen()
threading.Thread(target=by_stream, daemon=True).start()
print("up", flush=True)
while True:
    q, a = udp.recvfrom(512)
    udp.sendto(told(q, 0 if b"big" in q else 1), a)
"""


@pytest.fixture
def pair(own):
    own.all.ask("network", "create", "n1")
    for name in ("web", "client"):
        own.all.ask("run", "-d", "--name", name, "--network", "n1", "box:1", "sleep", "600")
    yield "client"
    if own.process is None:
        own.start()
    own.all.ask("rm", "-f", *own.all.ask("ps", "-aq").split())
    own.all.ask("network", "rm", "n1")


def finds(pid, name):
    """Asked in the container's network and mounts, whether there is an engine or not."""
    argv = ["nsenter", "-t", pid, "-n", "-m", "-r", "/bin/nslookup", name, "127.0.0.11"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    return [line.split()[1] for line in done.stdout.splitlines()[3:] if line.startswith("Address")]


def resolvers(own):
    """The resolver of this engine: who listens on its socket."""
    path = str(own.state / "run" / "names.sock")
    table = Path(f"/proc/{own.world.pid}/net/unix").read_text().splitlines()
    inodes = {line.split()[6] for line in table if path in line}
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (directory / "comm").read_text() != "terrarium-name\n":
                continue
            links = {os.readlink(entry) for entry in (directory / "fd").iterdir()}
        except OSError:
            continue
        if links & {f"socket:[{inode}]" for inode in inodes}:
            found.append(int(directory.name))
    return found


def test_names_are_answered_while_there_is_no_engine(own, pair):
    pid = own.all.inspect(pair, ".State.Pid")
    web = int(own.all.inspect("web", ".State.Pid"))
    before = finds(pid, "web")
    assert len(before) == 1
    own.end(signal.SIGKILL)
    assert finds(pid, "web") == before
    os.kill(web, signal.SIGKILL)
    assert witness.settled(lambda: finds(pid, "web") == [], within=10)
    own.start()
    own.all.ask("start", "web")
    assert finds(pid, "web") == before
    assert len(resolvers(own)) == 1


def test_a_killed_resolver_comes_back_with_all_it_knew(own, pair):
    pid = own.all.inspect(pair, ".State.Pid")
    before = finds(pid, "web")
    (old,) = resolvers(own)
    os.kill(old, signal.SIGKILL)
    assert witness.settled(lambda: finds(pid, "web") == before, within=10)
    assert old not in resolvers(own)
    own.end(signal.SIGKILL)
    os.kill(resolvers(own)[0], signal.SIGKILL)
    own.start()
    assert witness.settled(lambda: finds(pid, "web") == before, within=10)


def test_it_ends_with_the_last_container_and_engine(own, pair):
    (process,) = resolvers(own)
    status = Path(f"/proc/{process}/status").read_text()
    assert "Uid:\t65534\t65534\t65534\t65534" in status
    assert "CapEff:\t0000000000000000" in status
    pids = [int(own.all.inspect(name, ".State.Pid")) for name in ("web", "client")]
    own.end(signal.SIGKILL)
    assert resolvers(own) == [process]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert witness.settled(lambda: not resolvers(own), within=10)


def test_what_nobody_here_is_called_is_asked_outside(own, pair):
    enter = own.all.enter.split()
    subprocess.run([*enter, "ip", "addr", "add", "10.99.0.1/32", "dev", "lo"], check=True)
    server = subprocess.Popen([*enter, sys.executable, "-c", _SERVER], stdout=subprocess.PIPE)
    try:
        assert server.stdout
        server.stdout.readline()
        own.all.ask(
            *("run", "-d", "--name", "asks", "--network", "n1", "--dns", "10.99.0.1"),
            *("box:1", "sleep", "60"),
        )
        pid = own.all.inspect("asks", ".State.Pid")
        assert set(finds(pid, "example.com")) == {"1.2.3.4"}
        assert len(finds(pid, "web")) == 1
        assert _by_stream(pid, "big.example.com").endswith(b"\1\2\3\4")
    finally:
        server.kill()
        server.communicate()
        subprocess.run([*enter, "ip", "addr", "del", "10.99.0.1/32", "dev", "lo"], check=True)


def _by_stream(pid, name):
    labels = b"".join(bytes((len(x),)) + x.encode() for x in name.split(".")) + b"\0\0\1\0\1"
    query = b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels
    ask = "import socket, sys; s = socket.create_connection(('127.0.0.11', 53), 5); "
    ask += f"s.sendall({len(query).to_bytes(2, 'big') + query!r}); s.shutdown(1); "
    ask += "sys.stdout.buffer.write(s.makefile('rb').read())"
    argv = ["nsenter", "-t", pid, "-n", sys.executable, "-c", ask]
    return subprocess.run(argv, capture_output=True, timeout=20, check=True).stdout
