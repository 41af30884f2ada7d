"""A place for a container, made ready before anybody asks for one: who forks whom, and where.

    shim (real root, in a mount namespace of its own until the program runs)
       ├─ limiter (the middle user namespace: user.max_* that nobody below can raise)
       │     └─ first (PID 1 of its own user, pid, net, uts, ipc and cgroup namespaces)
       └─ usher ─ guest (real root that joined first's namespaces: proc, sysfs, mqueue)

Nothing of a container is known yet: no ids are mapped, no image is mounted, no limit is set. What
does not depend on them stands on the stage, a tmpfs in the shim's mount namespace, with limiter and
first inside their control groups: moving a process into a group waits for the kernel's readers of
RCU, ten milliseconds of the forty that a start once took. birth.py is the rest of the way.

Limiter and first hold one socket to the shim each; at its end they end too.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from sandbox.boot import birth
from sandbox.boot.entry import keep_only
from sandbox.boot.plan import NOTHING_SHARED, Ahead, Shared
from sandbox.boot.report import Failed, StepFailed, attempt, fail, live, outcome, perform
from sandbox.boot.steps import Held, Step
from sandbox.kernel.clone import fork_into
from sandbox.kernel.mount import MS, mount
from sandbox.kernel.namespaces import CLONE, setns, unshare
from sandbox.kernel.network import bring_up
from sandbox.kernel.process import PR, prctl, set_name

if TYPE_CHECKING:
    from sandbox.kernel.cgroups.group import Group

JOINED = ("net", "ipc", "cgroup", "pid")


class Berth:
    """The shim's side of it. Ends with leave() and, when no program runs, bury()."""

    def __init__(self, report: int) -> None:
        """report: of all processes here; its end is the program's exec, or everybody's end."""
        self.report = report
        self.host = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self.procfs = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self.users = -1  # The first process's user namespace.
        self.limiter = self.first = 0  # pids; 0, there is none to wait for.
        self.to_limiter, self._of_limiter = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.to_first, self._of_first = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def people(self, ids: range, box: Group, shared: Shared, status: int) -> bool:
        """Fork limiter and first; whether both stand ready."""
        with self._of_limiter, self._of_first:
            if (limiter := _fork_into(box)) == 0:
                people = (self._of_limiter, self._of_first)
                around = _Surroundings(self.procfs, status, shared)
                live(status, lambda: _limiter(ids.start, box, people, around))
        self.limiter = limiter
        if not self.to_limiter.recv(16):
            return False
        line = f"{ids.start} {ids.start} {len(ids)}"
        perform("middle id maps", lambda: birth.map_ids(self.procfs, limiter, line))
        self.to_limiter.send(birth.GO)
        self.first = int(self.to_limiter.recv(16) or 0)
        if not self.first or not self.to_first.recv(16):
            return False
        users = f"{self.first}/ns/user"
        self.users = os.open(users, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self.procfs)
        return True

    def leave(self) -> None:
        """Go back to the host's mounts; limiter and first end, unless the program runs."""
        setns(self.host, CLONE.NEWNS)
        for descriptor in {self.host, self.procfs, self.users} - {-1}:
            os.close(descriptor)
        self.to_limiter.close()
        self.to_first.close()

    def bury(self) -> Failed | None:
        """Wait until nobody is left, and close the report: what it says. Precondition: it left."""
        _, failure = outcome(self.report)
        os.close(self.report)
        # The first one becomes our child when the limiter has ended: this process is a subreaper.
        for pid in (self.limiter, self.first):
            if pid:
                os.waitpid(pid, 0)
        return failure


@dataclass(frozen=True, slots=True)
class _Surroundings:
    procfs: int
    status: int  # Where failures are reported.
    shared: Shared


def build(ahead: Ahead, box: Group, shared: Shared = NOTHING_SHARED) -> Berth:
    """Raises StepFailed with no process left behind, OSError without room."""
    report, status = os.pipe2(os.O_CLOEXEC)
    berth = Berth(report)
    try:
        _set_stage(ahead.place, ahead.stage)
        if berth.people(ahead.ids, box, shared, status) and _furnished(berth, ahead.within, status):
            return berth
        failed = Failed("berth", 0, "a process of the berth ended without a word")
    except StepFailed as error:
        failed = error.failed
    finally:
        os.close(status)
    berth.leave()
    raise StepFailed(berth.bury() or failed)


def _set_stage(place: str, steps: tuple[Step, ...]) -> None:
    perform("unshare mounts", lambda: unshare(CLONE.NEWNS))
    # Else every mount below would leak into the host's namespace.
    perform("private mounts", lambda: mount(None, "/", None, MS.REC | MS.PRIVATE))
    flags = MS.NOSUID | MS.NODEV | MS.NOEXEC
    perform("stage", lambda: mount("stage", place, "tmpfs", flags, "mode=700,size=64k"))
    os.chdir(place)
    birth.perform_all(steps, Held())


def _fork_into(box: Group) -> int:
    door = box.door()
    try:
        return fork_into(0, cgroup=door)
    finally:
        if door is not None:
            os.close(door)


def _limiter(
    own: int, box: Group, people: tuple[socket.socket, socket.socket], around: _Surroundings
) -> NoReturn:
    shim, of_first = people
    status = around.status
    keep_only({0, 1, 2, shim.fileno(), of_first.fileno(), around.procfs, status})
    for file in around.shared.files():
        attempt(status, f"join {file}", lambda file=file: _enter(file))  # type: ignore[misc]  # default binds it
    set_name("terrarium-berth")
    attempt(status, f"join cgroup {box.name}", lambda: box.join(born=True))
    attempt(status, "unshare limiter", lambda: unshare(CLONE.NEWUSER))
    shim.send(birth.GO)
    birth.hear(shim)
    # Whoever makes a user namespace needs an id that the one above maps.
    attempt(status, "limiter's own id", lambda: _become(own))
    # We may write the first process's maps only while its /proc/PID belongs to us.
    prctl(PR.SET_DUMPABLE, 1)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        first = fork_into(_own(around.shared))
    except OSError as error:
        fail(status, "clone namespaces", error)
    if first == 0:
        ours.close()
        shim.close()
        live(status, lambda: _first(of_first, theirs, around))
    theirs.close()
    of_first.close()
    shim.send(str(first).encode())
    birth.limit(shim, ours, first, around.procfs, status)


def _first(shim: socket.socket, limiter: socket.socket, around: _Surroundings) -> NoReturn:
    status = around.status
    # Of the box, because that is the group we were born in.
    attempt(status, "unshare cgroup view", lambda: unshare(CLONE.NEWCGROUP))
    if not around.shared.network:
        attempt(status, "loopback up", lambda: bring_up("lo"))
    shim.send(birth.GO)
    birth.run_when_told(shim, limiter, status)


def _furnished(berth: Berth, within: tuple[Step, ...], status: int) -> bool:
    if (usher := os.fork()) == 0:
        live(status, lambda: _usher(berth, within, status))
    return os.waitpid(usher, 0)[1] == 0


def _usher(berth: Berth, within: tuple[Step, ...], status: int) -> NoReturn:
    attempt(status, "join the first process", lambda: birth.join(berth.procfs, berth.first, JOINED))
    # A child, because joining a pid namespace takes effect for children only.
    try:
        guest = os.fork()
    except OSError as error:  # ENOMEM: the first process, and with it the namespace, has ended.
        fail(status, "follow the first process", error)
    if guest == 0:
        live(status, lambda: birth.perform_all(within, Held()))
    os._exit(os.waitstatus_to_exitcode(os.waitpid(guest, 0)[1]))


def _become(own: int) -> None:
    os.setresgid(own, own, own)
    os.setresuid(own, own, own)
    os.setgroups([])


def _own(shared: Shared) -> int:
    flags = CLONE.NEWUSER | CLONE.NEWIPC | shared.flag("network", CLONE.NEWNET)
    return flags | shared.flag("pids", CLONE.NEWPID) | shared.flag("uts", CLONE.NEWUTS)


def _enter(file: str) -> None:
    """Of a pid namespace: for the children."""
    namespace = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(namespace)
    finally:
        os.close(namespace)
