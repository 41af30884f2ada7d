"""The processes of a container, read from the host's procfs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from sandbox.observe.procfs import STATUS_LIMIT, link, namespace, pinned, read, text
from sandbox.observe.snapshot import IdRange, Process

NAMESPACES = ("mnt", "pid", "pid_for_children", "net", "uts", "ipc", "user", "cgroup", "time")
CMDLINE_LIMIT = 4096  # bytes
ALL_CMDLINES = 1 << 18  # bytes; once they are used up, each process shows SHORT_CMDLINE
SHORT_CMDLINE = 128
MAX_RANGES = 32  # of one id map: 340 lines of each process would be megabytes of JSON
_STAT_LIMIT = 4096
_MAP_LIMIT = 1 << 16  # 340 lines of 33 bytes, user_namespaces(7)
_MAX_THREADS = 64  # of one process, whose children are asked for
_PAGE = os.sysconf("SC_PAGE_SIZE")
_WANTED = frozenset((b"Uid", b"Gid", b"NSpid", b"CapEff", b"Seccomp"))

Maps = tuple[tuple[IdRange, ...], tuple[IdRange, ...]]


@dataclass(frozen=True, slots=True)
class Stat:
    """The fields of /proc/PID/stat that a Process shows; proc_pid_stat(5)."""

    comm: str
    state: str
    parent: int
    tty: int
    threads: int
    start: int
    rss: int  # bytes


@dataclass(slots=True)
class Reading:
    """Reads processes; the id maps of each user namespace once."""

    groups: Mapping[int, str]  # pid → path below the container's own cgroup
    cmdlines_left: int = ALL_CMDLINES
    maps: dict[int, Maps] = field(default_factory=dict)  # by user namespace

    def process(self, pid: int) -> Process | None:
        """The process as it is now, None when it has ended."""
        try:
            with pinned(pid) as directory:
                return self._process(pid, directory)
        except (FileNotFoundError, ProcessLookupError):
            return None

    def zombies(self, parent: Process) -> Iterator[Process]:
        """The ended children that parent has not waited for: no control group lists those."""
        for child in _children(parent.pid):
            process = None if child in self.groups else self.process(child)
            if process is not None and process.state == "Z" and process.parent == parent.pid:
                yield process

    def _process(self, pid: int, directory: int) -> Process:
        stat = parse_stat(read(directory, "stat", _STAT_LIMIT))
        status = parse_status(read(directory, "status", STATUS_LIMIT))
        spaces = {kind: namespace(directory, kind) for kind in NAMESPACES}
        uid_map, gid_map = self._maps(directory, spaces["user"])
        return Process(
            pid=pid,
            start=stat.start,
            parent=stat.parent,
            nspid=tuple(map(int, status[b"NSpid"].split())),
            comm=stat.comm,
            cmdline=parse_cmdline(self._cmdline(directory)),
            state=stat.state,
            exe=link(directory, "exe"),
            root=link(directory, "root"),
            cwd=link(directory, "cwd"),
            uids=_ids(status[b"Uid"]),
            gids=_ids(status[b"Gid"]),
            capabilities=int(status[b"CapEff"], 16),
            seccomp=int(status.get(b"Seccomp", b"0")),
            threads=stat.threads,
            rss=stat.rss,
            # Absent, not 0: an unshared pid namespace without a first child has no number yet.
            namespaces={kind: inode for kind, inode in spaces.items() if inode},
            uid_map=uid_map,
            gid_map=gid_map,
            cgroup=self.groups.get(pid, "/"),
            tty=stat.tty,
        )

    def _cmdline(self, directory: int) -> bytes:
        limit = CMDLINE_LIMIT if self.cmdlines_left > 0 else SHORT_CMDLINE
        data = read(directory, "cmdline", limit)
        self.cmdlines_left -= len(data)
        return data

    def _maps(self, directory: int, user: int) -> Maps:
        if user and user in self.maps:
            return self.maps[user]
        found = (
            parse_id_map(read(directory, "uid_map", _MAP_LIMIT)),
            parse_id_map(read(directory, "gid_map", _MAP_LIMIT)),
        )
        self.maps[user] = found
        return found


def _children(pid: int) -> list[int]:
    try:
        with pinned(pid) as directory:
            # Of every thread: a child belongs to the one that forked it.
            tasks = islice(_names(directory, "task"), _MAX_THREADS)
            return [
                int(child)
                for task in tasks
                for child in read(directory, f"task/{task}/children", _MAP_LIMIT).split()
            ]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _names(directory: int, name: str) -> list[str]:
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
    try:
        with os.scandir(descriptor) as entries:
            return [entry.name for entry in entries]
    finally:
        os.close(descriptor)


def only_inner_parents(processes: list[Process]) -> tuple[Process, ...]:
    """The same processes, with parent 0 where the parent is outside the container."""
    inside = {process.pid for process in processes}
    return tuple(
        process if process.parent in inside else replace(process, parent=0) for process in processes
    )


def parse_stat(data: bytes) -> Stat:
    """/proc/PID/stat, whose second field is a name in parentheses that may hold any byte."""
    before, _, after = data.rpartition(b")")
    fields = after.split()
    return Stat(
        comm=text(before.partition(b"(")[2]),
        state=text(fields[0]),
        parent=int(fields[1]),
        tty=int(fields[4]),
        threads=int(fields[17]),
        start=int(fields[19]),
        rss=int(fields[21]) * _PAGE,
    )


def parse_status(data: bytes) -> dict[bytes, bytes]:
    """The wanted lines of /proc/PID/status; the kernel escapes newlines in the name there."""
    pairs = (line.partition(b":") for line in data.split(b"\n"))
    return {key: value.strip() for key, _, value in pairs if key in _WANTED}


def parse_cmdline(data: bytes) -> tuple[str, ...]:
    """The arguments; a program may have written anything over them, proc_pid_cmdline(5)."""
    if not data:
        return ()
    return tuple(text(argument) for argument in data.removesuffix(b"\0").split(b"\0"))


def parse_id_map(data: bytes) -> tuple[IdRange, ...]:
    """uid_map or gid_map: inside, outside, length on each line, of the first MAX_RANGES lines."""
    lines = data.splitlines()[:MAX_RANGES]
    return tuple(IdRange(*map(int, line.split())) for line in lines)


def _ids(value: bytes) -> tuple[int, int, int, int]:
    real, effective, saved, filesystem = map(int, value.split())
    return real, effective, saved, filesystem
