"""How a container comes to be: who forks whom, in which namespaces, and who waits for what.

    shim ─ builder (real root, a private mount namespace of the host's)
              ├─ limiter (the middle user namespace: user.max_* that nobody below can raise)
              │     └─ first (PID 1 of the learner's user, pid, net, uts, ipc, cgroup namespaces;
              │               then a mount namespace of its own, then the program)
              └─ guest (real root that joined first's namespaces: proc, sysfs, masks)

Mounts are made in the builder's namespace, which belongs to the host's root; `first` then copies it
into one of its own user namespace, so that everything inherited is locked (mount_namespaces(7)).
Builder, limiter and guest have ended when the program runs; first's parent is then the shim.
A plan without user limits has no limiter: the builder then fathers the first process.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import NoReturn

from sandbox.boot.plan import Plan
from sandbox.boot.program import run
from sandbox.boot.report import attempt, fail, tell
from sandbox.boot.steps import Held, PrivateMounts
from sandbox.kernel.clone import fork_into
from sandbox.kernel.namespaces import CLONE, sethostname, setns, unshare
from sandbox.kernel.network import bring_up
from sandbox.kernel.process import PR, prctl
from sandbox.kernel.pty import openpty, set_winsize

IDS = 65536
ALONE = CLONE.NEWPID | CLONE.NEWUTS | CLONE.NEWIPC
GO = b"go"


@dataclass(frozen=True, slots=True)
class Wiring:
    """Descriptors that the shim made before the birth; every child inherits them."""

    status: int  # Write end of the report.
    streams: tuple[int, int, int]  # 0, 1, 2 without a TTY.
    # To the shim. First the child's pid, for the shim to move into the cgroup while the mounts are
    # made: the kernel may take milliseconds for it. Then the devpts directory, and a TTY's master.
    console: socket.socket
    law: bytes  # The compiled system call filter.
    procfs: int  # The host's /proc: no path leads there after the pivot.
    size: tuple[int, int] = (0, 0)  # rows, columns of a TTY


def stand_apart(status: int) -> int:
    """What a builder can do before it knows its plan; the host's /proc as a descriptor."""
    procfs = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    attempt(status, "unshare mounts", lambda: unshare(CLONE.NEWNS))
    attempt(status, repr(PrivateMounts()), lambda: PrivateMounts().apply(Held()))
    return procfs


def build(plan: Plan, wiring: Wiring) -> NoReturn:
    """The builder: forked by the shim. Reports pid=... of the first process, then ends.

    Precondition: it stands apart.
    """
    status, procfs = wiring.status, wiring.procfs
    if plan.network.startswith("/"):
        attempt(status, f"join {plan.network}", lambda: _join_network(plan.network))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child, first = _beget(plan, wiring, ours, theirs, procfs)
    wiring.console.send(str(first).encode())
    held = Held(procfs=procfs, first=first)
    held.users = os.open(f"{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC, dir_fd=procfs)
    for step in plan.root:
        attempt(status, repr(step), lambda step=step: step.apply(held))  # type: ignore[misc]  # default binds it
    attempt(status, "terminals", lambda: _give_terminals(plan, wiring, ours))
    _await(ours)
    attempt(status, "join the first process", lambda: _join(procfs, first))
    if _furnish(plan, held, status):
        tell(status, pid=first)
        ours.send(GO)
    if child != first:
        os.waitpid(child, 0)  # Else its zombie would stay with the shim.
    os._exit(0)


def _beget(
    plan: Plan, wiring: Wiring, ours: socket.socket, theirs: socket.socket, procfs: int
) -> tuple[int, int]:
    """(the process whose user namespace maps 0 to the container's base, the first process)."""
    status = wiring.status
    line = f"0 {plan.id_base} {IDS}"
    if not plan.users:
        first = _fork_first(plan, wiring, theirs, close=ours)
        theirs.close()
        _map(procfs, first, line, status)
        ours.send(GO)
        return first, first
    if (limiter := os.fork()) == 0:
        ours.close()
        _limiter(plan, wiring, theirs, procfs)
    theirs.close()
    _await(ours)
    _map(procfs, limiter, line, status)
    ours.send(GO)
    return limiter, int(_await(ours))


def _furnish(plan: Plan, held: Held, status: int) -> bool:
    """The guest: a child, because joining a pid namespace takes effect for children only."""
    if (guest := os.fork()) == 0:
        for step in plan.within:
            attempt(status, repr(step), lambda step=step: step.apply(held))  # type: ignore[misc]  # default binds it
        os._exit(0)
    return os.waitpid(guest, 0)[1] == 0


def _limiter(plan: Plan, wiring: Wiring, builder: socket.socket, procfs: int) -> NoReturn:
    status = wiring.status
    attempt(status, "oom score", lambda: _write(procfs, "self/oom_score_adj", str(plan.oom_score)))
    attempt(status, "unshare limiter", lambda: unshare(CLONE.NEWUSER))
    builder.send(GO)
    _await(builder)
    attempt(status, "become the limiter's root", _become_root)
    for name, value in plan.users:
        attempt(
            status,
            f"user.{name}={value}",
            lambda n=name, v=value: _write(procfs, f"sys/user/{n}", str(v)),  # type: ignore[misc]  # defaults bind them
        )
    # We may write the first process's maps only while its /proc/PID belongs to us.
    prctl(PR.SET_DUMPABLE, 1)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    first = _fork_first(plan, wiring, builder, close=ours, father=theirs)
    theirs.close()
    _map(procfs, first, f"0 0 {IDS}", status)
    builder.send(str(first).encode())
    ours.send(GO)
    # Until the builder has opened our user namespace, /proc must still list us.
    _await(ours)
    os._exit(0)


def _fork_first(
    plan: Plan,
    wiring: Wiring,
    builder: socket.socket,
    *,
    close: socket.socket,
    father: socket.socket | None = None,
) -> int:
    """Its pid. father brings the word that its ids are mapped; without one the builder does."""
    try:
        first = fork_into(CLONE.NEWUSER | ALONE | (0 if plan.network else CLONE.NEWNET))
    except OSError as error:
        fail(wiring.status, "clone namespaces", error)
    if first == 0:
        close.close()
        _first(plan, wiring, builder, father or builder)
    return first


def _first(plan: Plan, wiring: Wiring, builder: socket.socket, father: socket.socket) -> NoReturn:
    status = wiring.status
    _await(father)
    attempt(status, "become root", _become_root)
    prctl(PR.SET_DUMPABLE, 0)
    _await(wiring.console)
    # Only now: the namespace's root is the group that its maker is in.
    attempt(status, "unshare cgroup view", lambda: unshare(CLONE.NEWCGROUP))
    attempt(status, "hostname", lambda: sethostname(plan.hostname))
    if not plan.network:
        attempt(status, "loopback up", lambda: bring_up("lo"))
    slave = _receive_slave(builder, tty=plan.program.tty)
    if father is not builder:
        father.close()
    builder.send(GO)
    _await(builder)
    # From here on everything mounted so far is locked: it belongs to a mightier user namespace.
    attempt(status, "unshare own mounts", lambda: unshare(CLONE.NEWNS))
    os.chdir("/")
    streams = (slave, slave, slave) if plan.program.tty else wiring.streams
    run(plan.program, streams=streams, law=wiring.law, status=status)
    os._exit(1)


def _give_terminals(plan: Plan, wiring: Wiring, first: socket.socket) -> None:
    devpts = os.open("/dev/pts", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    descriptors = [devpts]
    if plan.program.tty:
        master, slave = openpty(devpts)
        os.fchown(slave, plan.id_base, -1)
        if all(wiring.size):
            set_winsize(master, *wiring.size)
        descriptors.append(master)
        socket.send_fds(first, [GO], [slave])
    else:
        first.send(GO)
    socket.send_fds(wiring.console, [GO], descriptors)


def _receive_slave(builder: socket.socket, *, tty: bool) -> int:
    said, descriptors, _, _ = socket.recv_fds(builder, 64, 1)
    if not said:
        os._exit(1)  # The builder has reported why.
    return descriptors[0] if tty else -1


def _join(procfs: int, first: int) -> None:
    for kind in ("net", "ipc", "cgroup", "pid"):
        namespace = os.open(f"{first}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=procfs)
        try:
            setns(namespace)
        finally:
            os.close(namespace)


def _join_network(path: str) -> None:
    namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(namespace, CLONE.NEWNET)
    finally:
        os.close(namespace)


def _become_root() -> None:
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.setgroups([])


def _map(procfs: int, pid: int, line: str, status: int) -> None:
    for kind in ("gid_map", "uid_map"):
        attempt(status, kind, lambda kind=kind: _write(procfs, f"{pid}/{kind}", line))  # type: ignore[misc]  # default binds it


def _write(procfs: int, name: str, text: str) -> None:
    file = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=procfs)
    try:
        os.write(file, text.encode())
    except OSError as error:
        error.filename = f"/proc/{name}"
        raise
    finally:
        os.close(file)


def _await(peer: socket.socket) -> bytes:
    """The peer's next word; a peer that ended has reported why, so this process ends too."""
    said = peer.recv(64)
    if not said:
        os._exit(1)
    return said
