"""The probe `file`: a path as one process sees it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256

from course.exercises.comparison import Value, describe, satisfies, shown
from course.exercises.conditions import File
from course.exercises.probes.namespaces import GONE
from course.exercises.probes.processes import inside
from course.exercises.sight import Bindings, Sight
from course.exercises.text import Text, same
from sandbox.observe.snapshot import Process, Seen

PRESENCE = {
    True: Text(zh="它存在", en="it exists"),
    False: Text(zh="没有这个文件", en="no such file"),
}


def solve(probe: File, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether the path is there (or is not) and is as asked."""
    subject = sight.process(probe.of, bindings)
    if subject is None:
        sight.miss(same(probe.path), GONE)
        return
    # Of a file, "size" is a stat that follows links.
    seen = sight.look(subject, probe.path, "size" if probe.follow else "stat")
    if seen is None:
        return
    if seen.exists != probe.exists:
        sight.miss(same(probe.path if probe.exists else f"∄ {probe.path}"), PRESENCE[seen.exists])
        return
    if not probe.exists:
        yield bindings
        return
    wrong = _misfit(probe, seen, sight)
    for further in (_content_misfit, _xattr_misfit):
        wrong = further(probe, subject, sight) if wrong is None else wrong
    if wrong is None:
        yield bindings
    elif wrong:
        sight.miss(*wrong, closeness=0.5)


Misfit = tuple[Text, Text] | tuple[()] | None  # None: fits; (): not known yet


def _misfit(probe: File, seen: Seen, sight: Sight) -> Misfit:
    init = sight.evidence.init
    uid = inside(init.uid_map, seen.uid) if init else None
    asked = (
        ("type", probe.type, seen.kind),
        ("link", probe.link, seen.link),
        ("rdev", probe.rdev, seen.rdev),
        ("mode", probe.mode, f"{seen.mode & 0o7777:04o}"),
        ("uid", probe.uid, uid),
        ("size", probe.size, seen.size),
        ("executable", probe.executable, bool(seen.mode & 0o111)),
    )
    for name, expected, value in asked:
        if expected is None:
            continue
        # A mode is text: 0644 and 644 would be two numbers.
        fits = expected == value if name in ("mode", "rdev") else satisfies(expected, value)
        if not fits:
            return same(f"{probe.path}: {name} {describe(expected)}"), same(shown(value))
    return None


def _content_misfit(probe: File, subject: Process, sight: Sight) -> Misfit:
    if all(asked is None for asked in (probe.equals, probe.contains, probe.sha256, probe.lines)):
        return None
    seen = sight.look(subject, probe.path, "bytes")
    if seen is None:
        return ()
    data = b64decode(seen.data)
    text = data.decode("utf-8", "replace").rstrip("\n")
    if seen.error:
        return same(probe.path), same(seen.error)
    asked: tuple[tuple[str, str | None, bool, Value], ...] = (
        ("=", probe.equals, text == probe.equals, _short(text)),
        ("∋", probe.contains, (probe.contains or "") in text, _short(text)),
        ("sha256", probe.sha256, _hash(data) == probe.sha256, _hash(data)),
    )
    for sign, expected, fits, value in asked:
        if expected is not None and not fits:
            return same(f"{probe.path} {sign} {expected}"), same(shown(value))
    return _length_misfit(probe, text)


def _length_misfit(probe: File, text: str) -> Misfit:
    """Lines count that say something to a shell."""
    stripped = (line.strip() for line in text.splitlines())
    lines = sum(1 for line in stripped if line and not line.startswith("#"))
    if probe.lines is None or satisfies(probe.lines, lines):
        return None
    return same(f"{probe.path}: lines {describe(probe.lines)}"), same(str(lines))


def _xattr_misfit(probe: File, subject: Process, sight: Sight) -> Misfit:
    """A value of true or false asks only whether the attribute is there."""
    if probe.xattr is None:
        return None
    seen = sight.look(subject, probe.path, "xattrs")
    if seen is None:
        return ()
    if seen.error:
        return same(probe.path), same(seen.error)
    # Name and value take turns.
    there = dict(zip(seen.names[::2], seen.names[1::2], strict=True))
    for name, expected in probe.xattr.items():
        value = there.get(name)
        fits = (value is not None) == expected if isinstance(expected, bool) else value == expected
        if not fits:
            return same(f"{probe.path}: {name} = {shown(expected)}"), same(shown(value))
    return None


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  one line on the page
