"""Messages between engine, zygote and shim: JSON over SOCK_SEQPACKET, descriptors beside it.

engine → zygote   {"op": "launch", "spec": ...}               control socket, law memfd, callers...
engine → shim     {"op": "exec", "asked": N, ...}             [caller]
                  {"op": "attach", "session": ID, ...}        caller
                  {"op": "resize", "session": ID, "rows": R, "columns": C}
                  {"op": "signal", "session": ID, "number": S}
shim → engine     {"said": "started", "pid": P, "start": T}   once, or
                  {"said": "failed", "step": S, "errno": E, "detail": D}
                  {"said": "hello", ...}                      to an engine that connects later
                  {"said": "exec", "asked": N, "pid": P} or {..., "step", "errno", "detail"}
                  {"said": "exec-exit", "session": ID, "code": C}
                  {"said": "exit", "code": C, "at": RFC 3339}

A body above 16 KiB travels in a memfd, which is then the first descriptor.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

VERSION = 1
INIT = "init"  # The session of a container's first process.
INLINE = 16384
MOST_DESCRIPTORS = 64
MOST_BODY = 8 << 20
_INT = 4

Message = dict[str, Any]


class PeerGone(Exception):
    """The other end has closed."""


class BadMessage(ValueError):
    """Not a message of this wire."""


def listen(path: str) -> socket.socket:
    """A control socket that only its owner may connect to."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mask = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(mask)
    listener.listen(4)
    return listener


def send(peer: socket.socket, message: Message, descriptors: tuple[int, ...] = ()) -> None:
    """One message; the descriptors stay the caller's to close. OSError when it cannot go."""
    body = json.dumps(message, separators=(",", ":")).encode()
    if len(body) <= INLINE:
        socket.send_fds(peer, [body], list(descriptors))
        return
    memory = os.memfd_create("message", os.MFD_CLOEXEC)
    try:
        _write_all(memory, body)
        socket.send_fds(peer, [b"@"], [memory, *descriptors])
    finally:
        os.close(memory)


def receive(peer: socket.socket) -> tuple[Message, list[int]]:
    """One message and its descriptors, which the caller now owns.

    Raises PeerGone at the end, BlockingIOError when there is nothing on a non-blocking socket,
    BadMessage for anything that is no JSON object, OSError.
    """
    # Close-on-exec from the first moment. Not recv_fds: until Python 3.12 it forgets the flags.
    room = socket.CMSG_SPACE(MOST_DESCRIPTORS * _INT)
    body, beside, _, _ = peer.recvmsg(INLINE + 1, room, socket.MSG_CMSG_CLOEXEC)
    if not body:
        raise PeerGone
    descriptors = [one for level, kind, data in beside for one in _descriptors(level, kind, data)]
    try:
        return _message(body, descriptors), descriptors
    except (OSError, ValueError, TypeError, IndexError) as error:
        for descriptor in descriptors:
            os.close(descriptor)
        raise BadMessage(f"{body!r:.80}") from error


def _descriptors(level: int, kind: int, data: bytes) -> list[int]:
    if (level, kind) != (socket.SOL_SOCKET, socket.SCM_RIGHTS):
        return []
    whole = len(data) - len(data) % _INT
    return list(struct.unpack(f"{whole // _INT}i", data[:whole]))


def _message(body: bytes, descriptors: list[int]) -> Message:
    if body == b"@":
        memory = descriptors.pop(0)
        try:
            body = os.pread(memory, MOST_BODY, 0)
        finally:
            os.close(memory)
    message = json.loads(body)
    if not isinstance(message, dict):
        raise TypeError("not an object")
    return message


def _write_all(file: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(file, view) :]
