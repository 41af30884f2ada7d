"""The zygote as the engine's child: started when needed, started again when it has died."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.boot.plan import encode_ahead
from sandbox.shim import wire

if TYPE_CHECKING:
    from sandbox.boot.plan import Ahead

ROOT = Path(__file__).resolve().parents[2]
# -S: no site-packages, hence nothing in the zygote but the standard library and our own code.
PROGRAM = (
    "import os, sys; os.dup2({control}, 3); sys.path.insert(0, {root!r}); "
    "from sandbox.zygote.server import main; sys.exit(main())"
)


class Zygote:
    """Owns the process and our end of its control socket."""

    def __init__(self, top: str, ahead: Ahead) -> None:
        """top: the control group above all containers of this engine."""
        self._top, self._ahead = top, ahead
        self._next = ""  # The control groups that the spare stands in, or soon will.
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """None when it does not run."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    @property
    def spare(self) -> str:
        """The control groups of the next container."""
        return self._next

    async def start(self) -> None:
        """Start it; what was left of an earlier one is dropped."""
        if self._control is not None:
            self._control.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", "-c", PROGRAM.format(control=theirs.fileno(), root=str(ROOT))),
                pass_fds=(theirs.fileno(),),
                cwd="/",
                stdin=asyncio.subprocess.DEVNULL,
                env={},
            )
        self._control, self._next = ours, self._new_name()
        wire.send(ours, {"ahead": encode_ahead(self._ahead), "group": self._next})

    async def close(self) -> None:
        """End it. Its shims go on."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            await self._process.wait()

    async def send(
        self, order: Callable[[str, str], wire.Message], descriptors: tuple[int, ...]
    ) -> str:
        """Give an order; the container's control groups. The descriptors stay the caller's.

        order: makes the message of the container's control groups and those of the next one.
        """
        async with self._starting:
            if self.pid is None or self._control is None:
                await self.start()
            try:
                return self._send(order, descriptors)
            except OSError:
                # It died a moment ago: nobody has noticed yet.
                await self.start()
                return self._send(order, descriptors)

    def _send(self, order: Callable[[str, str], wire.Message], descriptors: tuple[int, ...]) -> str:
        assert self._control is not None
        group, self._next = self._next, self._new_name()
        wire.send(self._control, order(group, self._next), descriptors)
        return group

    def _new_name(self) -> str:
        return f"{self._top}/{secrets.token_hex(6)}"


def law_file(law: bytes) -> int:
    """A compiled system call filter as a descriptor that the caller closes."""
    file = os.memfd_create("law", os.MFD_CLOEXEC)
    os.write(file, law)
    return file
