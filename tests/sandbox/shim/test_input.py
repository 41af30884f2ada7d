"""What is typed: in order, bounded, and never in the way of Ctrl-C or of acknowledgements."""

from __future__ import annotations

import os
import random
import socket
import struct
import subprocess
from contextlib import suppress

from sandbox.shim.session import MOST_INPUT
from tests.sandbox.shim.ends import Browser, quiet, until, write_some

NOISE = random.Random(5).randbytes(700_000).replace(b"\x03", b".")


class Paste:
    """A browser's paste in frames; each call sends on what its socket takes."""

    def __init__(self, browser: Browser, data: bytes) -> None:
        self.browser, self.rest = browser, bytearray()
        for start in range(0, len(data), 65536):
            piece = data[start : start + 65536]
            self.rest += struct.pack(">IB", len(piece) + 1, 0) + piece

    def __call__(self) -> None:
        with suppress(BlockingIOError):
            while self.rest:
                del self.rest[: self.browser.sock.send(self.rest[:65536])]


def test_a_paste_larger_than_the_pty_arrives_whole_and_in_order(desk):
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    read = bytearray()

    def program() -> None:
        with suppress(BlockingIOError):
            read.extend(os.read(slave, 4096))

    until(desk.loop, lambda: len(read) == len(NOISE), Paste(browser, NOISE), program)
    assert read == NOISE


def test_a_program_that_answers_its_paste_is_not_stopped_for_ever(desk):
    """The acknowledgements come behind the paste, and the paste waits for the program."""
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    browser.hello()
    pending = bytearray()

    def echo() -> None:
        if not pending:
            try:
                pending.extend(os.read(slave, 4096))
            except BlockingIOError:
                return
        del pending[: write_some(slave, bytes(pending))]

    going = Paste(browser, NOISE)
    until(desk.loop, lambda: not going.rest, going, echo)
    until(desk.loop, lambda: len(browser.output) == len(NOISE), echo, browser.read_and_acknowledge)
    assert browser.output == NOISE


def test_a_program_that_never_reads_costs_a_bounded_amount(desk):
    session = desk.session()
    desk.terminal(session)
    browser = desk.browser(session)
    going = Paste(browser, bytes(8 * MOST_INPUT))
    for _ in range(300):
        going()
        desk.loop.alarm(0, lambda: None)
        desk.loop.turn()
    assert len(going.rest) > 4 * MOST_INPUT  # The rest waits at the sender.


def started(slave: int, script: str) -> subprocess.Popen[bytes]:
    """A program whose controlling terminal it is."""
    return subprocess.Popen(
        ["setsid", "-c", "-w", "sh", "-c", script], stdin=slave, stdout=slave, stderr=slave
    )


def interrupts_after(desk, typed: bytes) -> int:
    session = desk.session()
    slave = desk.terminal(session, raw=False)
    browser = desk.browser(session)
    browser.hello()
    program = started(slave, "trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done")
    until(desk.loop, lambda: b"ready" in browser.output, browser.read_and_acknowledge)
    going = Paste(browser, typed)
    until(desk.loop, lambda: not going.rest, going, browser.read_and_acknowledge)
    quiet(desk.loop)
    browser.type(b"\x03")
    until(desk.loop, lambda: program.poll() is not None, browser.read_and_acknowledge)
    return program.wait()


def test_ctrl_c_is_heard_behind_a_paste_that_nobody_reads(desk):
    assert interrupts_after(desk, b"a line that nobody reads\n" * 12_000) == 5


def test_ctrl_c_is_heard_behind_a_paste_that_fills_only_the_kernels_buffer(desk):
    assert interrupts_after(desk, b"a line that nobody reads\n" * 400) == 5


def test_ctrl_c_is_a_byte_where_the_program_wants_it_to_be(desk):
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    browser.type(b"before\x03after")
    until(desk.loop, lambda: True)
    quiet(desk.loop)
    assert os.read(slave, 100) == b"before\x03after"


def test_what_is_typed_before_the_program_starts_is_not_lost(desk):
    session = desk.session()
    browser = desk.browser(session)
    browser.type(b"early")
    quiet(desk.loop)
    slave = desk.terminal(session)
    assert os.read(slave, 100) == b"early"


def test_input_and_its_end_before_a_program_without_terminal_starts_are_kept(desk):
    session = desk.session(tty=False)
    client = desk.docker(session)
    client.sendall(b"all of it")
    client.shutdown(socket.SHUT_WR)
    quiet(desk.loop)
    stdin, _, _ = desk.pipes(session)
    assert (os.read(stdin, 100), os.read(stdin, 100)) == (b"all of it", b"")


def test_a_program_that_closed_its_input_hurts_nobody(desk):
    session = desk.session(tty=False)
    client = desk.docker(session)
    stdin, stdout, _ = desk.pipes(session)
    desk.let_go(stdin)
    client.sendall(b"too late")
    quiet(desk.loop)
    os.write(stdout, b"fine")
    data = bytearray()
    until(desk.loop, lambda: data.endswith(b"fine"), lambda: data.extend(_some(client)))


def _some(client: socket.socket) -> bytes:
    try:
        return client.recv(4096)
    except BlockingIOError:
        return b""
