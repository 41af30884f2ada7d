"""A terminal's viewers: credit, replay, fan-out, sizes and the end; terminal.md, Protocol."""

from __future__ import annotations

import os
import random
import struct

import pytest

from sandbox.kernel.pty import get_winsize
from sandbox.shim.ring import SIZE
from sandbox.shim.viewers import WINDOW
from tests.sandbox.shim.ends import Browser, Desk, quiet, until, write_some

NOISE = random.Random(7).randbytes(1 << 20)


class Flood:
    """A program that writes NOISE as fast as its terminal takes it."""

    def __init__(self, slave: int, length: int = len(NOISE)) -> None:
        self.slave, self.length, self.written = slave, length, 0

    def __call__(self) -> None:
        end = min(self.written + 4096, self.length)
        self.written += write_some(self.slave, NOISE[self.written : end])

    @property
    def done(self) -> bool:
        return self.written == self.length


def flooded(desk: Desk, flood: Flood, *browsers: Browser) -> None:
    """Let it write everything, with these browsers reading."""
    until(desk.loop, lambda: flood.done, flood, *(b.read_and_acknowledge for b in browsers))
    quiet(desk.loop)


def test_output_reaches_a_viewer_who_has_said_hello(desk):
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    os.write(slave, b"before ")
    browser.hello()
    until(desk.loop, lambda: browser.output == b"before ", browser.read)
    os.write(slave, b"after")
    until(desk.loop, lambda: browser.output == b"before after", browser.read)
    assert browser.welcome == (0, 0, 0, 1)


def test_nothing_is_sent_before_hello(desk):
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    os.write(slave, b"secret")
    quiet(desk.loop)
    browser.read()
    assert browser.output == b""
    assert browser.welcome is None


def test_a_window_of_output_is_sent_and_not_a_byte_more_without_acknowledgement(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session))
    browser = desk.browser(session)
    browser.hello()
    until(desk.loop, lambda: len(browser.output) >= WINDOW, flood, browser.read)
    for _ in range(50):
        flood()
    quiet(desk.loop)
    browser.read()
    assert len(browser.output) == WINDOW
    # The program is held, as on a real terminal.
    until(desk.loop, lambda: write_some(flood.slave, bytes(4096)) == 0)
    browser.acknowledge(1000)
    until(desk.loop, lambda: len(browser.output) == WINDOW + 1000, browser.read)
    assert browser.output == NOISE[: WINDOW + 1000]


def test_replay_continues_exactly_where_the_viewer_was(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session), 100_000)
    flooded(desk, flood)
    browser = desk.browser(session)
    browser.hello(70_001)
    until(desk.loop, lambda: len(browser.output) == 29_999, browser.read_and_acknowledge)
    assert browser.welcome[0] == 70_001
    assert browser.output == NOISE[70_001:100_000]


def test_after_a_gap_the_welcome_says_where_the_replay_starts(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session))
    flooded(desk, flood)
    browser = desk.browser(session)
    browser.hello(10)
    until(desk.loop, lambda: browser.welcome is not None, browser.read_and_acknowledge)
    start = browser.welcome[0]
    assert 10 < start <= len(NOISE) - SIZE
    until(
        desk.loop, lambda: len(browser.output) == len(NOISE) - start, browser.read_and_acknowledge
    )
    assert browser.output == NOISE[start:]


def test_an_offset_that_was_never_reached_replays_everything(desk):
    session = desk.session()
    os.write(desk.terminal(session), b"hello")
    quiet(desk.loop)
    browser = desk.browser(session)
    browser.hello(1 << 60)
    until(desk.loop, lambda: browser.output == b"hello", browser.read)
    assert browser.welcome[0] == 0


def test_the_end_is_told_after_the_last_byte_and_nothing_follows(desk):
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    browser.hello()
    os.write(slave, NOISE[:3000])
    session.ended(7)
    until(desk.loop, lambda: browser.exited is not None, browser.read)
    assert (browser.output, browser.exited, browser.after_exit) == (NOISE[:3000], 7, 0)


def test_the_end_waits_for_a_viewer_without_credit(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session), WINDOW + 2000)
    browser = desk.browser(session)
    browser.hello()
    until(desk.loop, lambda: flood.done, flood, browser.read)
    session.ended(0)
    quiet(desk.loop)
    browser.read()
    assert (len(browser.output), browser.exited) == (WINDOW, None)
    browser.acknowledge(WINDOW)
    until(desk.loop, lambda: browser.exited == 0, browser.read)
    assert browser.output == NOISE[: WINDOW + 2000]


def test_somebody_who_comes_after_the_end_sees_the_replay_and_the_end(desk):
    session = desk.session()
    os.write(desk.terminal(session), b"last words")
    session.ended(3)
    browser = desk.browser(session)
    browser.hello()
    until(desk.loop, lambda: browser.exited is not None, browser.read)
    assert (browser.output, browser.exited) == (b"last words", 3)


def test_a_slow_viewer_stalls_nobody_and_is_cut_when_a_ring_behind(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session))
    slow, fast = desk.browser(session), desk.browser(session)
    slow.hello()
    fast.hello()
    flooded(desk, flood, fast)
    until(desk.loop, lambda: fast.output == NOISE, fast.read_and_acknowledge)
    slow.read()
    assert slow.closed
    assert slow.output == NOISE[: len(slow.output)]
    again = desk.browser(session)
    again.hello(len(slow.output))
    until(desk.loop, lambda: again.welcome is not None, again.read)
    assert again.welcome[0] > len(slow.output)


def test_without_viewers_the_program_runs_on(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session))
    flooded(desk, flood)
    assert session.ring.end == len(NOISE)


def test_a_viewer_without_hello_has_no_say_in_the_pace(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session))
    desk.browser(session)  # Never says anything.
    looking = desk.browser(session)
    looking.hello()
    until(desk.loop, lambda: len(looking.output) == WINDOW, flood, looking.read)
    for _ in range(100):
        flood()
        looking.read()
    quiet(desk.loop)
    assert not flood.done
    assert not looking.closed


def test_the_size_is_the_smallest_of_the_viewers(desk):
    session = desk.session()
    slave = desk.terminal(session)
    one, two = desk.browser(session), desk.browser(session)
    one.resize(120, 30)
    until(desk.loop, lambda: get_winsize(slave) == (30, 120))
    two.resize(80, 50)
    until(desk.loop, lambda: get_winsize(slave) == (30, 80))
    two.close()
    until(desk.loop, lambda: get_winsize(slave) == (30, 120))


@pytest.mark.parametrize(("asked", "given"), [((0, 0), (0, 0)), ((65535, 65535), (1000, 1000))])
def test_no_size_is_absurd(desk, asked, given):
    session = desk.session()
    slave = desk.terminal(session)
    browser = desk.browser(session)
    browser.resize(*asked)
    quiet(desk.loop)
    assert get_winsize(slave) == given


def test_a_size_told_before_the_program_starts_is_its_size(desk):
    session = desk.session()
    resize = struct.pack(">IBHH", 5, 1, 90, 25)
    desk.browser(session, early=resize)
    assert get_winsize(desk.terminal(session)) == (25, 90)


BAD = [
    pytest.param(struct.pack(">I", 0), id="empty"),
    pytest.param(struct.pack(">I", (1 << 20) + 1), id="too large"),
    pytest.param(b"\xff" * 64, id="no length"),
    pytest.param(struct.pack(">IB", 1, 9), id="unknown kind"),
    pytest.param(struct.pack(">IBI", 5, 2, 4_000_000_000), id="acknowledges what was never sent"),
    pytest.param(struct.pack(">IBH", 3, 1, 80), id="half a resize"),
    pytest.param(struct.pack(">IBQIBQ", 9, 3, 0, 9, 3, 0), id="hello twice"),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_viewer_who_does_not_speak_the_protocol_is_cut_and_nobody_else(desk, bad):
    session = desk.session()
    slave = desk.terminal(session)
    good, rude = desk.browser(session), desk.browser(session)
    good.hello()
    rude.sock.sendall(bad)
    until(desk.loop, lambda: rude.closed, rude.read)
    os.write(slave, b"still here")
    until(desk.loop, lambda: good.output == b"still here", good.read)


def test_a_viewer_who_vanishes_in_the_middle_of_a_flood_disturbs_nobody(desk):
    session = desk.session()
    flood = Flood(desk.terminal(session), 300_000)
    staying = desk.browser(session)
    staying.hello()
    for _ in range(20):
        vanishing = desk.browser(session)
        vanishing.hello()
        flood()
        vanishing.close()
        staying.read_and_acknowledge()
    flooded(desk, flood, staying)
    until(desk.loop, lambda: len(staying.output) == 300_000, staying.read_and_acknowledge)
    assert staying.output == NOISE[:300_000]
    assert len(session.viewers) == 1


def test_a_thousand_cuts_at_random_places_lose_and_repeat_nothing(desk):
    chance = random.Random(11)
    session = desk.session()
    flood = Flood(desk.terminal(session))
    seen = bytearray()
    for _ in range(1000):
        browser = desk.browser(session)
        browser.hello(len(seen))
        for _ in range(chance.randrange(3)):
            flood()
            desk.loop.alarm(0, lambda: None)
            desk.loop.turn()
            browser.read_and_acknowledge()
        browser.read()
        assert browser.welcome is None or browser.welcome[0] == len(seen)
        seen += browser.output
        browser.close()
        desk.loop.alarm(0, lambda: None)
        desk.loop.turn()
    last = desk.browser(session)
    last.hello(len(seen))
    flooded(desk, flood, last)
    until(desk.loop, lambda: len(seen) + len(last.output) == len(NOISE), last.read_and_acknowledge)
    assert bytes(seen + last.output) == NOISE
