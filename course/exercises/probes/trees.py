"""The probe `tree`: a directory's size, or all of it against its start or a literal truth."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from hashlib import sha256

from course.exercises.comparison import describe, satisfies
from course.exercises.conditions import Leaf, Tree
from course.exercises.probes.namespaces import GONE
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Process

NO_DIRECTORY = Text(zh="没有这个目录", en="no such directory")
NO_START = Text(
    zh="没有看到这台实验机开始时的样子，请重置后再试",
    en="nobody saw how this lab was at its start: reset it and try again",
)
MISSING = Text(zh="没有它", en="it is missing")
EXTRA = Text(zh="多出来的", en="it should not be there")
OTHER = Text(zh="内容或属性不同", en="its content or its attributes differ")

Entries = dict[str, str]  # path → kind mode owner content


def solve(probe: Tree, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether the tree is of the size and of the content that were asked for."""
    subject = sight.process(probe.of, bindings)
    if subject is None:
        sight.miss(same(probe.path), GONE)
        return
    sized = probe.size is not None or probe.equals is None
    if sized and not _size_fits(probe, subject, sight):
        return
    if probe.equals is None or _content_fits(probe, subject, sight):
        yield bindings


def _size_fits(probe: Tree, subject: Process, sight: Sight) -> bool:
    seen = sight.look(subject, probe.path, "size")
    if seen is None:
        return False
    if not seen.exists:
        sight.miss(same(probe.path), NO_DIRECTORY)
    elif seen.error:
        # Too many entries, too deep: it is not the small tree that was asked for.
        sight.miss(same(probe.path), same(seen.error))
    elif probe.size is None or satisfies(probe.size, seen.size):
        return True
    else:
        sight.miss(same(f"{probe.path}: size {describe(probe.size)}"), same(f"{seen.size} B"))
    return False


def _content_fits(probe: Tree, subject: Process, sight: Sight) -> bool:
    seen = sight.look(subject, probe.path, "tree")
    if seen is None:
        return False
    if not seen.exists:
        sight.miss(same(probe.path), NO_DIRECTORY)
        return False
    if seen.error:
        # Neither equal nor different: a tree that cannot be read must prove nothing under `not`.
        sight.unavailable(same(f"{probe.path}: {seen.error}"))
        return False
    if probe.equals == "baseline" and probe.path not in sight.evidence.baseline:
        sight.unavailable(NO_START)
        return False
    difference = _difference(probe, _entries(seen.names, probe.ignore), sight)
    if difference is not None:
        path, told = difference
        sight.miss(same(f"{probe.path.rstrip('/')}/{path}"), told, closeness=0.5)
    return difference is None


def _entries(lines: tuple[str, ...], ignore: tuple[str, ...]) -> Entries:
    """The entries that count; what is below an ignored directory is ignored, too."""
    entries = {}
    for line in lines:
        *facts, path = line.split(" ", 4)
        parts = path.split("/")
        ways = ["/".join(parts[: length + 1]) for length in range(len(parts))]
        if not any(fnmatchcase(way, pattern) for way in ways for pattern in ignore):
            entries[path] = " ".join(facts)
    return entries


Difference = tuple[str, Text] | None  # where, and what is wrong there


def _difference(probe: Tree, found: Entries, sight: Sight) -> Difference:
    if isinstance(probe.equals, dict):
        return _from_truth(probe.equals, found)
    return _from_start(_entries(sight.evidence.baseline[probe.path], probe.ignore), found)


def _from_start(begun: Entries, found: Entries) -> Difference:
    for path in sorted(begun.keys() | found.keys()):
        if path not in found:
            return path, MISSING
        if path not in begun:
            return path, EXTRA
        if begun[path] != found[path]:
            return path, OTHER
    return None


def _from_truth(truth: dict[str, str | Leaf], found: Entries) -> Difference:
    wanted = {path.strip("/"): leaf for path, leaf in truth.items()}
    for path, leaf in sorted(wanted.items()):
        if path not in found:
            return path, MISSING
        kind, _, _, content = found[path].split(" ")
        if not _is(leaf, kind, content):
            return path, OTHER
    for path, facts in sorted(found.items()):
        on_the_way = facts.startswith("dir ") and any(one.startswith(f"{path}/") for one in wanted)
        if path not in wanted and not on_the_way:
            return path, EXTRA
    return None


def _is(leaf: str | Leaf, kind: str, content: str) -> bool:
    wanted = Leaf(text=leaf) if isinstance(leaf, str) else leaf
    if wanted.dir:
        return kind == "dir"
    if wanted.link is not None:
        return kind == "symlink" and content == _hash(wanted.link)
    if wanted.rdev is not None:
        return kind in ("char", "block") and content == wanted.rdev
    return kind == "file" and content == (wanted.sha256 or _hash(wanted.text or ""))


def _hash(written: str) -> str:
    return sha256(written.encode()).hexdigest()
