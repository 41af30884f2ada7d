"""The zygote as the engine's child: started when needed, started again when it has died."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

from sandbox.shim import wire

ROOT = Path(__file__).resolve().parents[2]
# -S: no site-packages, hence nothing in the zygote but the standard library and our own code.
PROGRAM = (
    "import os, sys; os.dup2({control}, 3); sys.path.insert(0, {root!r}); "
    "from sandbox.zygote.server import main; sys.exit(main())"
)


class Zygote:
    """Owns the process and our end of its control socket."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """None when it does not run."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

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
        self._control = ours

    async def close(self) -> None:
        """End it. Its shims go on."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            await self._process.wait()

    async def send(self, order: wire.Message, descriptors: tuple[int, ...]) -> None:
        """Give an order; the descriptors stay the caller's to close."""
        async with self._starting:
            if self.pid is None or self._control is None:
                await self.start()
            assert self._control is not None
            try:
                wire.send(self._control, order, descriptors)
            except OSError:
                # It died a moment ago: nobody has noticed yet.
                await self.start()
                wire.send(self._control, order, descriptors)


def law_file(law: bytes) -> int:
    """A compiled system call filter as a descriptor that the caller closes."""
    file = os.memfd_create("law", os.MFD_CLOEXEC)
    os.write(file, law)
    return file
