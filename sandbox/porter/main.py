"""A porter's one errand: stdin's first line is the order, stdout's first line the answer."""

from __future__ import annotations

# Modules that others load when they first need them: in a container's root there are none.
import bz2  # noqa: F401
import encodings.utf_8  # noqa: F401
import json
import lzma
import os
import sys
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import asdict
from io import BufferedReader
from typing import IO

from sandbox.boot.report import StepFailed
from sandbox.kernel.process import set_name
from sandbox.porter import packing, places, unpacking
from sandbox.porter.words import Deed, Fault, Found, Order, Refused

MOST_ORDER = 1 << 20
FRAMES = 4 * packing.DEEPEST  # Two for each level of directories.
_ARCHIVES = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)
_EXPECTED = (Refused, OSError, StepFailed, MemoryError, *_ARCHIVES)


def main(enter: Callable[[Order], int]) -> int:
    """The exit status: 0 also for a refusal, which the answer tells.

    enter: the way to the container's mounts, places.join or standing.stand_up.
    """
    set_name("terrarium-port")
    sys.setrecursionlimit(FRAMES)
    source, out = os.fdopen(0, "rb"), sys.stdout.buffer
    said = json.loads(source.readline(MOST_ORDER))
    order = Order(**{**said, "deed": Deed(said["deed"]), "steps": tuple(said["steps"])})
    try:
        places.become_root(enter(order))
        _perform(order, source, out)
    except (*_EXPECTED, ValueError) as error:
        refused = _understood(error)
        _say(out, {"fault": refused.fault, "text": str(refused)})
    return 0


def _understood(error: Exception) -> Refused:
    match error:
        case Refused():
            return error
        case FileNotFoundError():
            return Refused(Fault.MISSING, _text(error))
        case MemoryError():
            return Refused(Fault.FAILED, "the archive asks for too much memory")
        case ValueError():  # A user that the container does not know, or a null in a name.
            return Refused(Fault.BAD, str(error))
        case _:
            return Refused(Fault.FAILED, _text(error))


def _perform(order: Order, source: BufferedReader, out: IO[bytes]) -> None:
    match order.deed:
        case Deed.UNPACK:
            unpacking.unpack(order, source)
            _tell(out, None)
        case Deed.EXPORT:
            _tell(out, None)
            _sent(out, lambda: packing.export(out))
        case Deed.STAT:
            _tell(out, packing.found(order.path))
        case Deed.PACK:
            _tell(out, packing.found(order.path))
            _sent(out, lambda: packing.pack(order.path, out))


def _sent(out: IO[bytes], send: Callable[[], None]) -> None:
    """Once the tar has begun, a failure can only be told by its missing end: by no word within it.

    The container can bring about each of these: by a directory of a million long names, say.
    """
    try:
        send()
        out.flush()
    except (*_EXPECTED, ValueError) as error:
        sys.stderr.write(f"a tar of a container was cut off: {error}\n")
        sys.stderr.flush()
        os._exit(1)


def _tell(out: IO[bytes], found: Found | None) -> None:
    _say(out, {"found": asdict(found) if found else None})


def _say(out: IO[bytes], answer: object) -> None:
    out.write(json.dumps(answer).encode() + b"\n")
    out.flush()


def _text(error: Exception) -> str:
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    reason = error.strerror[:1].lower() + error.strerror[1:]
    return f"{error.filename}: {reason}" if error.filename else reason
