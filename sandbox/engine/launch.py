"""The engine's end of the zygote: how a container is ordered, and found again."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import disks, groups
from sandbox.engine.handover import launch_order
from sandbox.engine.plan import LAB, ahead
from sandbox.engine.shim import KnownSession, Shim, ShimGone
from sandbox.engine.zygote import Zygote, law_file
from sandbox.kernel import filters, seccomp
from sandbox.kernel.cgroups.hierarchies import Hierarchies
from sandbox.shim import wire

if TYPE_CHECKING:
    from sandbox.engine.container import Caller
    from sandbox.engine.spec import LaunchSpec

HELLO_SECONDS = 5.0


@dataclass(slots=True)
class LaunchFailed(Exception):
    """A step of the birth failed; nothing of it is left."""

    step: str
    errno: int
    detail: str


class Launcher:
    """Starts containers, and finds those that an earlier engine started."""

    def __init__(self, top: str, stage: Path) -> None:
        """top: the control group above all containers; stage: a directory for it alone."""
        stage.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._hierarchies = Hierarchies.probe()
        self._zygote = Zygote(top, ahead(self._hierarchies, str(stage)))
        self._laws = {
            "lab": seccomp.compile_filter(filters.LAB),
            "default": seccomp.compile_filter(filters.DEFAULT),
            "unconfined": b"",
        }

    @property
    def alive(self) -> bool:
        """Whether the zygote runs."""
        return self.zygote_pid is not None

    @property
    def spare(self) -> str:
        """The control groups that no container is in yet."""
        return self._zygote.spare

    @property
    def zygote_pid(self) -> int | None:
        """None when it does not run."""
        return self._zygote.pid

    async def start(self) -> None:
        """Start the zygote."""
        await self._zygote.start()

    async def close(self) -> None:
        """End the zygote. Containers go on."""
        await self._zygote.close()

    async def launch(self, spec: LaunchSpec, callers: tuple[Caller, ...] = ()) -> Shim:
        """Order a container; the callers are attached before its program runs.

        It runs once born() has returned. The callers' descriptors stay theirs to close. Raises
        LaunchFailed with nothing left behind but files in the container's directory.
        """
        try:
            await self._prepare(spec)
        except OSError as error:
            raise LaunchFailed("prepare", error.errno or 0, str(error)) from error
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                group = await self._order(spec, callers, theirs)
        except OSError as error:
            ours.close()
            raise LaunchFailed("zygote", error.errno or 0, str(error)) from error
        return Shim(replace(spec, cgroup=group), ours)

    async def born(self, shim: Shim) -> None:
        """Return when the program of a launched container runs. Raises LaunchFailed as above."""
        try:
            word = await shim.first_word
        except ShimGone:
            word = {"said": "failed", "step": "shim", "errno": 0, "detail": "the shim was lost"}
        if word["said"] == "failed":
            await shim.close()
            await asyncio.to_thread(groups.take_away, self._hierarchies.group(shim.group))
            raise LaunchFailed(word["step"], word["errno"], word["detail"])
        shim.pid, shim.start = word["pid"], word["start"]

    async def adopt(self, spec: LaunchSpec) -> Shim:
        """Find the shim of a container that an earlier engine started. Raises ShimGone."""
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            control.setblocking(False)  # noqa: FBT003 the standard library's own signature
            control.connect(spec.socket)  # EAGAIN: its queue is full, so nobody serves it.
        except OSError as error:
            control.close()
            raise ShimGone(spec.socket) from error
        shim = Shim(spec, control)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await shim.first_word
        except TimeoutError as late:
            await shim.close()
            raise ShimGone(spec.socket) from late
        # A shim of an earlier version has its container's groups where the record says.
        shim.group = hello.get("group", shim.group)
        shim.pid, shim.start = hello["pid"], hello["start"]
        shim.sessions = tuple(KnownSession(**session) for session in hello["sessions"])
        return shim

    async def _prepare(self, spec: LaunchSpec) -> None:
        directory = Path(spec.directory)
        for stale in (Path(spec.socket), directory / "exit.json"):
            stale.unlink(missing_ok=True)
        if spec.throwaway:
            # By it the kernel refuses a volatile overlay that was not unmounted cleanly; all the
            # files of this one are for nobody once its container has gone.
            shutil.rmtree(directory / "work" / "work" / "incompat", ignore_errors=True)
        if spec.runtime == LAB:
            await disks.make(directory / "disk.img", spec.disk, spec.id_base)

    async def _order(
        self, spec: LaunchSpec, callers: tuple[Caller, ...], theirs: socket.socket
    ) -> str:
        def order(group: str, following: str) -> wire.Message:
            return launch_order(replace(spec, cgroup=group), callers, following)

        law = law_file(self._laws[spec.seccomp])
        try:
            descriptors = (theirs.fileno(), law, *(caller.descriptor for caller in callers))
            return await self._zygote.send(order, descriptors)
        finally:
            os.close(law)
