"""One program of the container with its streams: the first process, or an exec."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from sandbox.kernel.pty import discard_input, keys_signal, set_winsize
from sandbox.shim.loop import IN, OUT, Loop
from sandbox.shim.ring import Ring

if TYPE_CHECKING:
    from sandbox.shim.log import Log
    from sandbox.shim.viewers import Viewer

READ = 64 * 1024
PTY_READ = 4096  # The kernel gives no more of a pty at once, whatever is asked for.
FLOOD = PTY_READ // 2
# Of one pty in one turn, for which every other terminal of the lab waits: so many bytes, or what
# comes in so many seconds. Without the clock an echo beside `yes`, whose lines come slowly, takes
# 12 to 20 ms at p95 and not 4 to 6.
PTY_TURN = 8 * PTY_READ
TURN_SECONDS = 0.0002
# Waiting for the program to read; then its senders are not read any more. Larger than a paste, so
# that the Ctrl-C behind it is heard.
MOST_INPUT = 1 << 20
INTERRUPT = b"\x03"
LARGEST = 1000  # Rows or columns: an emulator that claims more is wrong or hostile.


class Session:
    """Output goes to the ring, the log and every viewer; input comes from any of them.

    Output is read while some viewer can take it, or while nobody looks on; otherwise the program
    blocks, as on a real terminal. Docker's viewers must all be able to: they lose nothing.
    """

    def __init__(
        self, loop: Loop, identity: str, *, tty: bool, log: Log | None, left: Callable[[], None]
    ) -> None:
        self._loop, self._log, self._left = loop, log, left
        self.id, self.tty = identity, tty
        self.pid, self.pidfd = 0, -1
        self.input_once = True  # The end of one client's input is the end of the program's.
        self.exit_code: int | None = None
        self.finished = False  # Ended, and its last output read.
        self.ring = Ring()
        self.size = (0, 0)  # rows, columns
        self.viewers: list[Viewer] = []
        self._outputs: dict[int, str] = {}  # descriptor → stream
        self._input = -1
        self._typed = bytearray()
        self._input_over = False
        self._begun = False  # Its streams exist; what is typed earlier waits for them.
        self._paused = False
        self._spreading = False  # Nothing newer may be read before every viewer has this.

    def terminal(self, master: int) -> None:
        """Take the master of its pty; the session owns it."""
        os.set_blocking(master, False)
        self._begun = True
        self._input = master
        self._outputs[master] = "stdout"
        self._loop.watch(master, 0, lambda events: self._ready(master, events))
        self._want(master)
        self.resize_to_viewers()
        self._write()

    def pipes(self, stdin: int, stdout: int, stderr: int) -> None:
        """Take our ends of its pipes; stdin is -1 when it has none."""
        self._begun = True
        self._input = stdin
        if stdin >= 0:
            os.set_blocking(stdin, False)
            self._loop.watch(stdin, 0, lambda _events: self._write())
        for descriptor, stream in ((stdout, "stdout"), (stderr, "stderr")):
            os.set_blocking(descriptor, False)
            self._outputs[descriptor] = stream
            self._loop.watch(descriptor, 0, lambda events, d=descriptor: self._ready(d, events))  # type: ignore[misc]  # default binds it
            self._want(descriptor)
        self._write()

    def join(self, viewer: Viewer) -> None:
        """A viewer who has been handed over."""
        self.viewers.append(viewer)
        if self.finished:
            viewer.ended(self.exit_code or 0)

    def leave(self, viewer: Viewer) -> None:
        """A viewer whose connection has ended."""
        if viewer in self.viewers:
            self.viewers.remove(viewer)
            self.resize_to_viewers()
            self.repace()
            self._left()

    def input(self, _viewer: Viewer, data: bytes) -> None:
        """Type. What the program does not read waits, up to a bound, in order.

        Above the bound only a terminal's viewer is still read, for its acknowledgements while the
        program waits for them; what it types then is lost, as in a full pty.
        """
        if self.tty and INTERRUPT in data:
            self._make_way()
        if len(self._typed) < MOST_INPUT:
            self._typed += data
        self._write()

    def _make_way(self) -> None:
        # A program that does not read must still be stoppable. In a full pty Ctrl-C would wait
        # behind the paste; where it is a signal, the kernel throws away what waits as well.
        if self._input < 0:
            self._typed.clear()
            return
        with suppress(OSError):
            if self._typed or keys_signal(self._input):
                self._typed.clear()
                discard_input(self._input)

    def input_ended(self) -> bool:
        """No more will come of one viewer; of a pipe, the program is told.

        False when it is not: others may bring more. Docker then ends the viewer's output, too.
        """
        self._input_over = self.input_once
        if not self.input_once:
            return self.tty
        if not self.tty and self._input >= 0 and not self._typed:
            self._loop.forget(self._input)
            os.close(self._input)
            self._input = -1
        return True

    def resize(self, rows: int, columns: int) -> None:
        """The terminal's size, if it has one."""
        rows, columns = min(rows, LARGEST), min(columns, LARGEST)
        if self.tty and self._input >= 0 and rows > 0 and columns > 0:
            self.size = (rows, columns)
            with suppress(OSError):
                set_winsize(self._input, rows, columns)

    def resize_to_viewers(self) -> None:
        """The smallest of those who look on."""
        sizes = [viewer.size for viewer in self.viewers if all(viewer.size)]
        if sizes:
            smallest = (min(rows for rows, _ in sizes), min(columns for _, columns in sizes))
            if smallest != self.size:
                self.resize(*smallest)

    def repace(self) -> None:
        """Read output, or leave it in the pty, as the viewers' room demands."""
        paused = not self._may_read()
        if paused is not self._paused:
            self._paused = paused
            for descriptor in self._outputs:
                self._want(descriptor)
            self._tell_room()
        if self.exit_code is not None:
            self._drain()

    def ended(self, code: int) -> None:
        """The program has ended; what it wrote last is still to be read."""
        self.exit_code = code
        self._drain()

    def close(self) -> None:
        """Let go of everything; viewers are cut."""
        for viewer in list(self.viewers):
            viewer.close()
        self._close_streams()
        self._close_log()

    def _may_read(self) -> bool:
        if not self.viewers:
            return True
        must = [viewer.has_room for viewer in self.viewers if viewer.lossless]
        some = [v.has_room for v in self.viewers if v.greeted and not v.lossless]
        return all(must) and (any(some) or not some)

    def _ready(self, descriptor: int, events: int) -> None:
        if events & OUT and descriptor == self._input:
            self._write()
        if events & ~OUT and descriptor in self._outputs:
            self._read(descriptor)
            self.repace()

    def _read(self, descriptor: int) -> bool:
        """One read, of a flooding pty several; False when there is nothing (more) to read."""
        try:
            data = os.read(descriptor, PTY_READ if self.tty else READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""  # EIO is what a pty says when its other side is closed.
        if not data:
            self._output_over(descriptor)
            return False
        if self.tty and len(data) >= FLOOD:
            data += self._more(descriptor)
        self._spread(self._outputs[descriptor], data)
        return True

    def _more(self, descriptor: int) -> bytes:
        """What a flood has ready besides: eight pieces of a pty cost one frame, not eight."""
        parts: list[bytes] = []
        end = monotonic() + TURN_SECONDS
        # Whatever ends this loop, the next read of this descriptor hears it again.
        with suppress(OSError):
            while len(parts) < PTY_TURN // PTY_READ - 1:
                parts.append(os.read(descriptor, PTY_READ))
                if len(parts[-1]) < FLOOD or monotonic() > end:
                    break
        return b"".join(parts)

    def _spread(self, stream: str, data: bytes) -> None:
        if self.tty:
            self.ring.append(data)
        if self._log:
            self._log.write(stream, data)
        self._spreading = True
        for viewer in list(self.viewers):
            viewer.output(stream, data)
        self._spreading = False

    def _output_over(self, descriptor: int) -> None:
        # A pty without an open slave may get one again: that is for the program to decide.
        if self.exit_code is not None or not self.tty:
            self._drop_output(descriptor)
        else:
            self._loop.want(descriptor, 0)

    def _drain(self) -> None:
        """After the end: read what is there, unless the viewers are full; then say so."""
        if self.finished or self._spreading:
            return
        for descriptor in list(self._outputs):
            while descriptor in self._outputs and self._may_read() and self._read(descriptor):
                pass
        if not self._may_read():
            return
        self.finished = True
        self._close_streams()
        # Before the engine hears of the end: `docker logs -f` reads the last line then.
        self._close_log()
        for viewer in list(self.viewers):
            viewer.ended(self.exit_code or 0)

    def _close_log(self) -> None:
        if self._log:
            self._log.close()
            self._log = None

    def _close_streams(self) -> None:
        for descriptor in list(self._outputs):
            self._drop_output(descriptor)
        if self._input >= 0:
            self._loop.forget(self._input)
            os.close(self._input)
            self._input = -1

    def _drop_output(self, descriptor: int) -> None:
        del self._outputs[descriptor]
        self._loop.forget(descriptor)
        os.close(descriptor)
        if descriptor == self._input:
            self._input = -1

    def _write(self) -> None:
        if self._input >= 0:
            self._push()
        elif self._begun:
            self._typed.clear()  # Nobody will ever read it.
        self._tell_room()

    def _tell_room(self) -> None:
        room = len(self._typed) < MOST_INPUT
        for viewer in self.viewers:
            viewer.input_room(room=room or (self._paused and not viewer.lossless))

    def _push(self) -> None:
        try:
            while self._typed:
                del self._typed[: os.write(self._input, self._typed[:4096])]
        except BlockingIOError:
            pass
        except OSError:
            self._typed.clear()  # Nobody reads any more: EPIPE, or EIO of a pty.
            self._input_over = True
        self._want(self._input)
        if self._input_over:
            self.input_ended()

    def _want(self, descriptor: int) -> None:
        events = IN if descriptor in self._outputs and not self._paused else 0
        if descriptor == self._input and self._typed:
            events |= OUT
        self._loop.want(descriptor, events)
