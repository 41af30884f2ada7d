"""`docker cp` without its command line: what the requests answer, from both engines."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.contract.wire import Wire, ask

if TYPE_CHECKING:
    from tests.contract.engines import Engine

pytestmark = pytest.mark.contract
HEADER = "x-docker-container-path-stat"


def archive(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def sent(engine: Engine, place: str, *pieces: bytes) -> tuple[int, bytes]:
    """PUT in chunks, as the command line does it."""
    with Wire(engine) as wire:
        wire.send("PUT", f"/containers/subject/archive?path={place}", None, *CHUNKED)
        for piece in (*pieces, b""):
            wire.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        status, headers = wire.head()
        return status, wire.body(headers)


CHUNKED = ("Content-Type: application/x-tar", "Transfer-Encoding: chunked")


def described(engine: Engine, path: str) -> dict[str, object]:
    with Wire(engine) as wire:
        wire.send("HEAD", f"/containers/subject/archive?path={path}")
        status, headers = wire.head()
    assert status == 200
    found: dict[str, object] = json.loads(base64.b64decode(headers[HEADER]))
    assert found.pop("mtime")
    return found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/etc/text", {"name": "text", "size": 14, "mode": 0o644, "linkTarget": ""}),
        ("/data/tool", {"name": "tool", "size": 10, "mode": 1 << 23 | 0o755, "linkTarget": ""}),
        (
            "/bin/sh",
            {"name": "sh", "size": 7, "mode": 1 << 27 | 0o777, "linkTarget": "/bin/busybox"},
        ),
    ],
)
def test_a_file_is_described(engine, created, path, expected):
    assert described(engine, path) == expected


@pytest.mark.parametrize(
    ("path", "called", "mode"),
    [
        ("/data", "data", 1 << 31 | 0o750),
        ("/tmp", "tmp", 1 << 31 | 1 << 20 | 0o777),
        ("/data/.", ".", 1 << 31 | 0o750),
        ("/", "/", 1 << 31 | 0o755),
    ],
)
def test_a_directory_is_described(engine, created, path, called, mode):
    found = described(engine, path)
    assert (found["name"], found["mode"]) == (called, mode)


@pytest.mark.parametrize(
    ("request_line", "status", "message"),
    [
        (
            "GET /containers/subject/archive?path=/none",
            404,
            "Could not find the file /none in container subject",
        ),
        ("GET /containers/subject/archive", 400, "bad parameter: pathcannot be empty"),
        ("GET /containers/none/archive?path=/", 404, "No such container: none"),
        ("GET /containers/none/export", 404, "No such container: none"),
        ("GET /containers/subject/top", 409, "container ID is not running"),
        ("POST /containers/subject/pause", 409, "container ID is not running"),
        ("POST /containers/subject/unpause", 500, "Container ID is not paused"),
    ],
)
def test_what_cannot_be_is_refused_in_dockers_words(engine, created, request_line, status, message):
    found, _, answer = ask(engine, *request_line.split(" "))
    assert (found, answer) == (status, {"message": message.replace("ID", created)})


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_tar_is_taken_compressed_or_not(engine, sleeping, packed):
    data = packed(archive("made", b"hello"))
    assert sent(engine, "/tmp", data[:100], data[100:]) == (200, b"")
    assert engine.ask("exec", "subject", "cat", "/tmp/made") == "hello"


def test_nothing_at_all_is_an_archive_of_nothing(engine, sleeping):
    assert sent(engine, "/tmp") == (200, b"")


@pytest.mark.parametrize(
    ("place", "data", "status", "message"),
    [
        ("/etc/text", archive("x", b""), 500, "extraction point is not a directory"),
        (
            "/none",
            archive("x", b""),
            404,
            "Could not find the file /none in container subject",
        ),
        ("/tmp", b"x" * 2048, 500, "archive/tar: invalid tar header"),
        ("/tmp", archive("x", b"y" * 2000)[:1000], 500, "unexpected EOF"),
    ],
)
@pytest.mark.usefixtures("sleeping")
def test_what_cannot_be_unpacked_is_refused(engine, place, data, status, message):
    found, body = sent(engine, place, data)
    assert (found, json.loads(body)) == (status, {"message": message})


def test_a_root_that_is_read_only_is_not_written_to(engine, name):
    engine.ask("create", "--read-only", "--name", name, "box:1", "true")
    found, body = sent(engine, "/tmp", archive("x", b""))
    assert found == 500
    assert json.loads(body) == {"message": "container rootfs is marked read-only"}


def test_a_connection_goes_on_after_an_archive_that_was_refused(engine, sleeping):
    with Wire(engine) as wire:
        data = archive("x", b"y" * 100_000)
        length = (f"Content-Length: {len(data)}", "Content-Type: application/x-tar")
        wire.send("PUT", "/containers/subject/archive?path=/etc/text", None, *length)
        wire.write(data)
        status, headers = wire.head()
        wire.body(headers)
        assert status == 500
        wire.send("GET", "/_ping")
        assert wire.head()[0] == 200


def test_a_paused_container_is_not_attached_to(engine, sleeping):
    engine.ask("pause", "subject")
    with Wire(engine) as wire:
        wire.send("POST", "/containers/subject/attach?stream=1&stdout=1", None, "Connection: close")
        assert wire.head()[0] == 409
        # dockerd has hijacked the connection by then: its reason has no length.
        assert b"container subject is paused, unpause the container before attach" in wire.rest()
