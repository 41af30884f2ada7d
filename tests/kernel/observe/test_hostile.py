"""observe() against a container that wants it to fail, to lie or to take long."""

from __future__ import annotations

import pytest

from sandbox.observe.mounts import MAX_MOUNTS
from sandbox.observe.processes import CMDLINE_LIMIT
from tests.kernel.observe.boxes import NAMESPACES, Box, named
from tests.witness import settled

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("no_leaks")]

RENAMED = (
    "import ctypes, time; ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0);"
    " print('ready', flush=True); time.sleep(1000)"
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b") Z 0 0 (x\n", ") Z 0 0 (x\n"),
        (b"\xff\xc3(", r"\xff\xc3("),
        (b"Uid:\t9\t9\t9\t9", "Uid:\t9\t9\t9\t9"),
        (b"", ""),
    ],
)
def test_a_process_may_call_itself_anything(box: Box, name, shown):
    program = box.start("python3", "-c", RENAMED.format(name=name))
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    process = named(box.snapshot(), shown)
    assert (process.uids, process.pid) == ((0, 0, 0, 0), program.pid)
    assert process.state in ("R", "S")


def test_a_huge_command_line_is_cut(box: Box):
    box.isolated(f"echo ready; exec sleep 1000 {'1 ' * 20_000}")
    _, sleep = box.showing("sleep")
    assert sum(len(argument) + 1 for argument in sleep.cmdline) <= CMDLINE_LIMIT + 1


def test_three_hundred_processes_are_all_there(box: Box):
    box.isolated("for i in $(seq 300); do sleep 1000 & done; echo ready; wait")

    def sleepers() -> int:
        return sum(process.comm == "sleep" for process in box.snapshot().processes)

    assert settled(lambda: sleepers() == 300, within=10)
    snapshot = box.snapshot()
    assert not [feature for feature in snapshot.features if feature.startswith("truncated")]


def test_processes_that_come_and_go_while_they_are_read_break_nothing(box: Box):
    churn = "while :; do for i in 1 2 3 4 5 6 7 8; do (unshare -u true &) ; done; done"
    box.isolated(f"({churn}) >/dev/null 2>&1 & echo ready; wait")
    for _ in range(100):
        snapshot = box.snapshot()
        assert {process.parent for process in snapshot.processes} >= {0}


def test_a_zombie_is_a_process_without_namespaces(box: Box):
    box.isolated("(sleep 0 & exec tail -f /dev/null) & echo ready; wait")
    assert box.showing("tail")
    assert settled(lambda: any(p.state == "Z" for p in box.snapshot().processes), within=5)
    zombie = next(process for process in box.snapshot().processes if process.state == "Z")
    assert (zombie.exe, zombie.root, zombie.cmdline) == ("", "", ())
    assert "net" not in zombie.namespaces


def test_many_groups_of_a_process_do_not_push_its_capabilities_out_of_sight(box: Box):
    program = box.start(
        "python3", "-c",
        "import os, time; os.setgroups(range(65536)); print('ready', flush=True); time.sleep(1000)",
    )  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    python = named(box.snapshot(), "python3")
    assert python.capabilities > 0
    assert python.nspid == (program.pid,)


def test_thousands_of_mounts_are_cut_and_said_to_be(box: Box):
    box.isolated(
        "mount -t tmpfs none /mnt; mkdir /mnt/a; cd /mnt; "
        f'python3 -c "import ctypes; c = ctypes.CDLL(None); '
        f"[c.mount(b'/mnt/a', b'/mnt/a', None, 4096, None) for _ in range({MAX_MOUNTS + 500})]\";"
        " echo ready; exec tail -f /dev/null"
    )
    snapshot = box.snapshot()
    (mounts,) = snapshot.mounts.values()
    assert len(mounts) == MAX_MOUNTS
    assert "truncated.mounts" in snapshot.features


def test_many_namespaces_are_cut_and_said_to_be(box: Box):
    box.isolated("for i in $(seq 80); do unshare -u sleep 1000 & done; echo ready; wait")
    assert settled(lambda: "truncated.namespaces" in box.snapshot().features, within=10)
    assert len(box.snapshot().hostnames) == 64


def test_a_group_may_be_called_anything_and_be_deep(box: Box):
    names = [b"\xff", b"a b", b"..."]
    group = box.group
    for name in names:
        group = group.child(name.decode("utf-8", "surrogateescape"))
        group.create()
    paths = [one.path for one in box.snapshot().cgroups]
    assert paths == ["/", r"/\xff", r"/\xff/a b", r"/\xff/a b/..."]


def test_too_many_groups_are_cut_and_said_to_be(box: Box):
    for number in range(210):
        box.group.child(f"g{number}").create()
    snapshot = box.snapshot()
    assert 0 < len(snapshot.cgroups) <= 200  # Fewer when the time was up first.
    assert "truncated.cgroups" in snapshot.features


def test_an_undumpable_process_is_seen(box: Box):
    # 4 is PR_SET_DUMPABLE.
    box.isolated(
        'exec python3 -c "import ctypes, time; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0);'
        " print('ready', flush=True); time.sleep(1000)\"",
        NAMESPACES,
    )
    python = named(box.snapshot(), "python3")
    assert "python3" in python.exe
    assert "net" in python.namespaces


def test_a_farm_of_listening_networks_is_cut_and_said_to_be(box: Box):
    listen = (
        "import os, socket, sys, time\n"
        "for number in range(40):\n"
        "    if not os.fork():\n"
        "        import ctypes; ctypes.CDLL(None).unshare(0x40000000)\n"
        "        kept = socket.create_server(('', 80)); os.write(1, b'up\\n'); time.sleep(1000)\n"
        "time.sleep(1000)\n"
    )
    program = box.start("python3", "-c", listen)
    assert program.stdout is not None
    assert [program.stdout.readline() for _ in range(40)] == ["up\n"] * 40
    snapshot = box.snapshot()
    assert len(snapshot.links) == 40
    assert 0 < len([table for table in snapshot.sockets.values() if table]) < 40
    assert "truncated.network" in snapshot.features
