"""From a berth to a running program: what each of its processes does when the plan is known.

    shim      maps the limiter's ids; image, disk, devices, masks, pivot; gives the word; leaves
    limiter   sets user.max_*, maps the first one's ids, ends
    first     takes its ids and name; a mount namespace of its own; the program

Mounts are made in the shim's mount namespace, which belongs to the host's root; `first` then copies
it into one of its own user namespace, so that everything inherited is locked
(mount_namespaces(7)). The limiter has ended when the program runs; its parent is then the shim.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn

from sandbox.boot.links import Sysctl
from sandbox.boot.plan import Plan, decode_program
from sandbox.boot.program import run
from sandbox.boot.report import Failed, StepFailed, attempt, perform
from sandbox.boot.steps import Held, Step
from sandbox.kernel.namespaces import CLONE, sethostname, setns, unshare
from sandbox.kernel.process import PR, prctl
from sandbox.kernel.pty import openpty, set_winsize

if TYPE_CHECKING:
    from sandbox.boot.berth import Berth

    Three = tuple[int, int, int]

IDS = 65536
GO = b"go"
_NET = ("net",)
_WIRED = (*_NET, "ipc", "uts")
MOST = 8 << 20  # bytes of a program's arguments and environment, and of a filter.


def admit(berth: Berth, plan: Plan, law: int, streams: Three) -> None:
    """Tell limiter and first what they are for; they work while the mounts are made. StepFailed.

    streams: the program's 0, 1 and 2 without a terminal; they and law stay the caller's to close.
    """
    for pid in (berth.limiter, berth.first):
        # They were forked at a low priority, beside somebody else's start.
        os.setpriority(os.PRIO_PROCESS, pid, 0)
    score = str(plan.oom_score)
    perform("oom score", lambda: write(berth.procfs, f"{berth.first}/oom_score_adj", score))
    said = {"hostname": plan.hostname, "program": asdict(plan.program)}
    file = os.memfd_create("program", os.MFD_CLOEXEC)
    try:
        os.write(file, json.dumps(said).encode())
        given = [file, law] if plan.program.tty else [file, law, *streams]
        limits = json.dumps([plan.id_base, plan.users]).encode()
        perform("limiter", lambda: berth.to_limiter.send(limits))
        perform("first process", lambda: socket.send_fds(berth.to_first, [GO], given))
    finally:
        os.close(file)


def furnish(berth: Berth, plan: Plan) -> None:
    """Make its root. StepFailed; the shim is in it afterwards, until it leaves the berth."""
    if not berth.to_limiter.recv(16):
        raise StepFailed(Failed("limiter", 0, "it ended without a word"))
    held = Held(users=berth.users, procfs=berth.procfs, first=berth.first)
    try:
        perform_all(plan.root, held)
        if plan.wires:
            _wire(berth, plan, held)
    finally:
        held.close()


def _wire(berth: Berth, plan: Plan, held: Held) -> None:
    """Within the first process's network, ipc and uts namespaces, as real root; then back home."""
    flags = os.O_RDONLY | os.O_CLOEXEC
    # The other two only have switches, which few containers ask for.
    kinds = _WIRED if any(isinstance(step, Sysctl) and step.needed for step in plan.wires) else _NET
    homes = [os.open(f"self/ns/{kind}", flags, dir_fd=berth.procfs) for kind in kinds]
    try:
        join(berth.procfs, berth.first, kinds)
        perform_all(plan.wires, held)
    finally:
        for home in homes:
            setns(home)
            os.close(home)


def terminals(plan: Plan, size: tuple[int, int]) -> tuple[int, int, int]:
    """(its directory of terminals, master, slave); -1 without a terminal. StepFailed."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    directory = perform("terminals", lambda: os.open("/dev/pts", flags))
    if not plan.program.tty:
        return directory, -1, -1
    master, slave = perform("terminal", lambda: openpty(directory))
    os.fchown(slave, plan.id_base, -1)
    if all(size):
        set_winsize(master, *size)
    return directory, master, slave


def release(berth: Berth, slave: int) -> None:
    """Let the first process go on. StepFailed when the limiter has not done its part."""
    limiter, berth.limiter = berth.limiter, 0
    if os.waitpid(limiter, 0)[1]:
        raise StepFailed(Failed("limiter", 0, "it ended without a word"))
    given = [slave] if slave >= 0 else []
    perform("first process", lambda: socket.send_fds(berth.to_first, [GO], given))


def limit(
    shim: socket.socket, first: socket.socket, pid: int, procfs: int, status: int
) -> NoReturn:
    """The limiter's part; pid is the first process, whose user namespace belongs to its own."""
    base, limits = json.loads(hear(shim))
    attempt(status, "id maps", lambda: map_ids(procfs, pid, f"0 {base} {IDS}"))
    # Now layers can be mounted by these ids, and the first process can become their root.
    shim.send(GO)
    first.send(GO)
    for name, value in limits:
        attempt(
            status,
            f"user.{name}={value}",
            lambda n=name, v=value: write(procfs, f"sys/user/{n}", str(v)),  # type: ignore[misc]  # defaults bind them
        )
    os._exit(0)


def run_when_told(shim: socket.socket, limiter: socket.socket, status: int) -> NoReturn:
    """The first process's part."""
    _, (file, law, *streams) = _receive(shim, 5)
    said = json.loads(os.pread(file, MOST, 0))
    program = decode_program(said["program"])
    filter_ = os.pread(law, MOST, 0)
    hear(limiter)
    limiter.close()
    attempt(status, "become root", _become_root)
    prctl(PR.SET_DUMPABLE, 0)
    if said["hostname"]:
        attempt(status, "hostname", lambda: sethostname(said["hostname"]))
    _, slaves = _receive(shim, 1)
    # From here on everything mounted so far is locked: it belongs to a mightier user namespace.
    attempt(status, "unshare own mounts", lambda: unshare(CLONE.NEWNS))
    os.chdir("/")
    stdin, stdout, stderr = streams or slaves * 3
    run(program, streams=(stdin, stdout, stderr), law=filter_, status=status)
    os._exit(1)


def _become_root() -> None:
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.setgroups([])


def perform_all(steps: tuple[Step, ...], held: Held) -> None:
    """In this order. StepFailed."""
    for step in steps:
        perform(repr(step), lambda step=step: step.apply(held))  # type: ignore[misc]  # default binds it


def join(procfs: int, pid: int, kinds: tuple[str, ...]) -> None:
    """Enter another process's namespaces of these kinds."""
    for kind in kinds:
        namespace = os.open(f"{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=procfs)
        try:
            setns(namespace)
        finally:
            os.close(namespace)


def map_ids(procfs: int, pid: int, line: str) -> None:
    """The users and groups of another process's user namespace."""
    for name in ("gid_map", "uid_map"):
        write(procfs, f"{pid}/{name}", line)


def write(procfs: int, name: str, text: str) -> None:
    """A file of /proc."""
    file = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=procfs)
    try:
        os.write(file, text.encode())
    except OSError as error:
        error.filename = f"/proc/{name}"
        raise
    finally:
        os.close(file)


def _receive(peer: socket.socket, most: int) -> tuple[bytes, list[int]]:
    said, descriptors, _, _ = socket.recv_fds(peer, 64, most)
    if not said:
        os._exit(1)  # The shim has ended, or knows why.
    return said, descriptors


def hear(peer: socket.socket) -> bytes:
    """The peer's next word; a peer that ended has reported why, so this process ends too."""
    said = peer.recv(4096)
    if not said:
        os._exit(1)
    return said
