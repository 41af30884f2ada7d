"""Running one question to the kernel in a child that takes its traces with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

from sandbox.kernel.mount import MS, mount
from sandbox.kernel.namespaces import CLONE, unshare
from sandbox.kernel.process import PR, prctl

BASE = 0x2FFF0000  # Host ids of the probes' user namespaces: below every lab's range.
LENGTH = 65536
_TEXT = 4096
_OK, _WRONG, _UNSHARED = b"+", b"-", b"u"


class Differs(Exception):
    """The kernel answered, but not as the design needs; the text says what was seen."""


def in_child(question: Callable[[], str]) -> str:
    """The answer, asked in a child with its own private mount namespace.

    Raises Differs with what the child saw when it raised Differs or OSError, or was killed.
    """
    return _asked(lambda: _privately(question), lambda _: None)


def in_user_namespace(flags: int, question: Callable[[], str]) -> str:
    """The same as root of a new user namespace (ids BASE and up) and of new ones by flags."""

    def inside() -> str:
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        return question()

    return _asked(inside, _write_maps, unshared=flags | CLONE.NEWUSER)


def open_user_namespace() -> int:
    """A descriptor, owned by the caller, of a new user namespace with ids BASE and up."""
    opened: list[int] = []

    def hold(child: int) -> None:
        _write_maps(child)
        opened.append(os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC))

    _asked(lambda: "", hold, unshared=CLONE.NEWUSER)
    return opened[0]


def _privately(question: Callable[[], str]) -> str:
    unshare(CLONE.NEWNS)
    mount(None, "/", None, MS.REC | MS.PRIVATE)
    return question()


def _asked(
    question: Callable[[], str], prepare: Callable[[int], None], *, unshared: int = 0
) -> str:
    answers, answering = os.pipe()
    going, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.close(answers)
        _answer(question, unshared, answering, going)
    os.close(answering)
    os.close(going)
    try:
        said = os.read(answers, 1)
        if said == _UNSHARED:
            prepare(child)
            os.write(go, b"\n")
            said = os.read(answers, 1)
        text = os.read(answers, _TEXT).decode(errors="replace")
    finally:
        os.close(answers)
        os.close(go)
        _, status = os.waitpid(child, 0)
    if said != _OK:
        raise Differs(text or f"the probe ended with status {status}")
    return text


def _answer(question: Callable[[], str], unshared: int, answering: int, going: int) -> None:
    prctl(PR.SET_PDEATHSIG, SIGKILL)
    word, text = _WRONG, "the probe has a fault"
    try:
        if unshared:
            unshare(unshared)
            os.write(answering, _UNSHARED)
            os.read(going, 1)
        text = question()
        word = _OK
    except (OSError, Differs) as error:
        text = str(error)
    finally:
        # Never back into the parent's code: a second copy of it would run on.
        os.write(answering, word + text.encode(errors="replace")[: _TEXT - 1])
        os._exit(0)


def _write_maps(child: int) -> None:
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{name}").write_text(f"0 {BASE} {LENGTH}\n", encoding="ascii")
