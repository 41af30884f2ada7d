"""A lab stays in its owner's hands, and the engine in the host's, whatever its root does."""

from __future__ import annotations

import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest

from sandbox.observe.codec import seen_from, snapshot_from
from tests.kernel.labs import PIDS
from tests.kernel.streams import ask
from tests.witness import settled

pytestmark = pytest.mark.kernel


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def descriptors_of(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_a_lab_that_stops_every_newcomer_answers_for_itself_only(make_lab):
    lab = make_lab()
    lab.background("exec perl -e 'while (1) { kill q(STOP), $_ for $$ + 1 .. $$ + 12 }'")
    with ThreadPoolExecutor(1) as asking:
        stuck = asking.submit(lab.run, "/bin/true")
        settled(stuck.done, within=1)
        # Removed by the fixture's own means, while an exec of ours hangs in it.
        lab.remove()
        assert stuck.exception(timeout=20) or stuck.result().code != 0


def test_a_shim_that_does_not_answer_does_not_keep_its_container(make_lab):
    lab = make_lab()
    shim = parent_of(lab.pid)
    os.kill(shim, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as asking:
        removal = asking.submit(lab.remove)
        assert settled(lambda: not lab_processes(lab), within=20)
        os.kill(shim, signal.SIGCONT)
        removal.result(timeout=20)


def lab_processes(lab) -> list[str]:
    procs = Path("/sys/fs/cgroup").glob(f"*/terrarium-*/{lab.id[:12]}/box/cgroup.procs")
    return [pid for path in procs for pid in path.read_text().split()]


def test_a_lab_without_room_for_a_process_says_so(lab):
    lab.background(f"for i in $(seq {PIDS}); do sleep 1000 & done 2>/dev/null; sleep 1000")
    assert settled(lambda: lab.run("/bin/true").code != 0, within=10)
    ran = lab.run("/bin/true")
    assert (ran.code, "Resource temporarily unavailable" in ran.output) == (126, True)


@pytest.mark.parametrize("instead", ["mkfifo {}", "ln -s /dev/zero {}", "mkdir {}", "true {}"])
def test_no_form_of_the_passwd_file_keeps_root_out(lab, instead):
    lab.sh(f"rm -f /etc/passwd /etc/group; {instead.format('/etc/passwd /etc/group')}")
    # Not bash: it reads the file itself.
    assert lab.run("/bin/echo", "fine").output == "fine\n"
    assert lab.run("/bin/echo", "fine", user="nobody").code == 126


def test_a_hundred_execs_leave_no_descriptor(engine, lab):
    shim, server = parent_of(lab.pid), engine.running.engine.child.pid
    lab.run("/bin/true")
    before = descriptors_of(shim), descriptors_of(server)
    for _ in range(100):
        lab.run("/bin/true")
    after = descriptors_of(shim), descriptors_of(server)
    assert after[0] <= before[0] + 1
    assert after[1] <= before[1] + 4


def test_a_snapshot_tells_of_this_lab_only(lab, neighbour):
    neighbour.background("exec -a terrarium-secret sleep 1000")
    status, answer = ask(lab.api, "GET", f"/terrarium/containers/{lab.id}/snapshot")
    assert status == HTTPStatus.OK
    snapshot = snapshot_from(json.loads(answer))
    assert snapshot.init == lab.pid
    assert "terrarium-secret" not in answer
    assert min(process.uids[0] for process in snapshot.processes) >= 0x30000000
    assert all(process.cgroup == "/" for process in snapshot.processes)
    neighbour.sh("pkill -f terrarium-secre[t]")


def test_a_look_through_the_api_shows_no_other_process(lab, neighbour):
    asked = [
        {"pid": pid, "start": start_of(pid), "path": "/etc/hostname", "want": "bytes"}
        for pid in (lab.pid, neighbour.pid, os.getpid(), 1)
    ]
    status, answer = ask(lab.api, "POST", f"/terrarium/containers/{lab.id}/look", asked)
    assert status == HTTPStatus.OK
    own, *others = map(seen_from, json.loads(answer))
    assert (own.error, own.kind) == ("", "file")
    assert [one.error for one in others] == ["gone"] * 3


def start_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


@pytest.mark.parametrize(
    "asked",
    [
        {"Image": "terrarium/lab:latest"},
        {"Image": "terrarium/lab:latest", "HostConfig": {"Runtime": "default"}},
        *(
            {"Image": "terrarium/lab:latest", "HostConfig": {"Runtime": "lab", **more}}
            for more in (
                {"Binds": ["/:/host"]},
                {"Privileged": True},
                {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}]},
                {"Devices": [{"PathOnHost": "/dev/vda"}]},
                {"PidMode": "host"},
                {"NetworkMode": "host"},
                {"UsernsMode": "host"},
                {"CapAdd": ["SYS_ADMIN"]},
                {"SecurityOpt": ["seccomp=unconfined"]},
                {"CgroupParent": "/"},
            )
        ),
    ],
)
def test_the_labs_socket_makes_nothing_but_labs(engine, asked):
    labs = engine.running.here.run / "labs.sock"
    status, answer = ask(labs, "POST", "/containers/create", asked)
    assert status == HTTPStatus.FORBIDDEN, answer


def test_no_socket_of_ours_is_open_to_everybody(engine):
    run = engine.running.here.run
    for path in (run / "engine.sock", run / "labs.sock", *(run / "shims").iterdir()):
        assert path.is_socket()
        assert path.stat().st_mode & 0o007 == 0
    with socket.socket(socket.AF_UNIX) as other, pytest.raises(PermissionError):
        _as_nobody(lambda: other.connect(str(run / "labs.sock")))


def _as_nobody(deed) -> None:
    os.seteuid(65534)
    try:
        deed()
    finally:
        os.seteuid(0)
