"""A socket is opened by a page of ours, or not at all."""

from __future__ import annotations

import pytest
from channels.testing import WebsocketCommunicator

from sandbox.terminal.origin import SameOrigin, is_ours

HOST = b"box.example:8000"


def ours(origin: bytes | None, host: bytes = HOST, *, trusted=()) -> bool:
    headers = [(b"host", host)] + ([] if origin is None else [(b"origin", origin)])
    return is_ours(headers, trusted=trusted)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (b"http://box.example:8000", HOST),
        (b"https://box.example:8000", HOST),
        (b"HTTP://BOX.example:8000", HOST),
        (b"http://box.example", b"box.example"),
        (b"http://box.example", b"box.example:80"),
        (b"https://box.example", b"box.example"),
        (b"http://[::1]:8000", b"[::1]:8000"),
    ],
)
def test_the_page_of_the_same_host_and_port_may_open_a_socket(origin, host):
    assert ours(origin, host)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        b"",
        b"null",
        b"http://box.example",
        b"http://box.example:8001",
        b"http://evil.example:8000",
        b"http://sub.box.example:8000",
        b"http://box.example.evil.com:8000",
        b"http://evilbox.example:8000",
        b"http://box.example:8000.evil.com",
        b"http://box.example:8000@evil.com",
        b"http://evil.com@box.example:8000",
        b"http://box.example:8000/",
        b"http://box.example:8000#x",
        b"//box.example:8000",
        b"box.example:8000",
        b"file://",
        b"chrome-extension://box.example:8000x",
        b"http://box.example:99999",
        b"http://b\xf6x.example:8000",
        b"http:// box.example:8000",
        b"http://[box.example:8000",
    ],
)
def test_a_page_of_any_other_origin_may_not(origin):
    assert not ours(origin)


def test_two_origins_or_two_hosts_are_no_browsers():
    both = [(b"host", HOST), (b"origin", b"http://box.example:8000")]
    assert is_ours(both, trusted=())
    assert not is_ours([*both, (b"origin", b"http://box.example:8000")], trusted=())
    assert not is_ours([*both, (b"host", b"evil.example")], trusted=())


def test_an_origin_that_the_installation_trusts_may_open_a_socket():
    assert ours(b"https://class.example", b"inner:8000", trusted=["https://class.example"])
    assert not ours(b"http://class.example", b"inner:8000", trusted=["https://class.example"])


async def test_a_foreign_page_is_refused_before_there_is_a_socket(settings):
    async def never(scope, receive, send):
        raise AssertionError("the application was reached")

    headers = [(b"host", HOST), (b"origin", b"http://evil.example:8000")]
    socket = WebsocketCommunicator(SameOrigin(never), "/ws/x", headers=headers)
    connected, _ = await socket.connect()
    assert not connected
