"""Archives and containers that try to make `docker cp` reach where it must not."""

from __future__ import annotations

import gzip
import io
import os
import signal
import tarfile
from pathlib import Path

import pytest

from tests import witness
from tests.contract.wire import Wire

pytestmark = pytest.mark.kernel
MARK = "terrarium-was-here"


def archive(*members: tarfile.TarInfo, content: bytes = b"") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            if member.isreg():
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, link, 0o644
    return made


@pytest.fixture
def c1(own):
    own.all.ask("run", "-d", "--name", "c1", "box:1", "sleep", "600")
    yield own.all
    own.all.docker("rm", "-fv", "c1")


def put(engine, data: bytes, place: str = "/tmp"):
    return engine.docker("cp", "-", f"c1:{place}", stdin=data)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (member(f"../{MARK}"), f'"/{MARK}" is outside of "/tmp"'),
        (member(f"a/../../../{MARK}"), "is outside of"),
        (member("out", tarfile.SYMTYPE, "../../etc"), 'invalid symlink "/tmp/out" -> "../../etc"'),
        (member("out", tarfile.LNKTYPE, "../etc/passwd"), 'invalid hardlink "/etc/passwd"'),
        (member("disk", tarfile.BLKTYPE), '"disk" is a device'),
        (member("null", tarfile.CHRTYPE), '"null" is a device'),
    ],
)
@pytest.mark.parametrize("running", [True, False])
def test_what_leads_out_is_refused_with_the_reason(c1, made, reason, running):
    if not running:
        c1.ask("kill", "c1")
    refused = put(c1, archive(made))
    assert refused.returncode == 1
    assert reason in refused.stderr.decode()
    assert not Path("/", MARK).exists()


def test_an_absolute_name_lands_below_the_destination(c1):
    assert put(c1, archive(member(f"/etc/{MARK}"), content=b"x")).returncode == 0
    assert c1.ask("exec", "c1", "cat", f"/tmp/etc/{MARK}") == "x"
    assert not Path("/etc", MARK).exists()


def test_a_link_of_the_archive_leads_where_it_would_in_the_container(c1):
    link = member("way", tarfile.SYMTYPE, "/etc")
    assert put(c1, archive(link, member(f"way/{MARK}"), content=b"x")).returncode == 0
    assert c1.ask("exec", "c1", "cat", f"/etc/{MARK}") == "x"
    assert not Path("/etc", MARK).exists()


def test_a_container_that_swaps_directories_for_links_gains_nothing(c1):
    swap = (
        "mkdir /tmp/a; ln -s ../../../../../../etc /tmp/b; "
        "while :; do mv /tmp/a /tmp/c; mv /tmp/b /tmp/a; mv /tmp/c /tmp/b; "
        "mv /tmp/a /tmp/c; mv /tmp/b /tmp/a; mv /tmp/c /tmp/b; done"
    )
    c1.ask("exec", "-d", "c1", "sh", "-c", swap)
    crowd = [member(f"a/{MARK}{number}") for number in range(2000)]
    put(c1, archive(*crowd))
    assert not list(Path("/etc").glob(f"{MARK}*"))


def test_more_bytes_than_are_taken_are_refused_before_they_come(c1):
    huge = member("huge")
    huge.size = 33 << 30
    refused = put(c1, huge.tobuf())
    assert b"entries or" in refused.stderr
    assert c1.docker("exec", "c1", "ls", "/tmp/huge").returncode != 0


def test_a_header_that_asks_for_all_memory_is_refused(c1):
    header = member("@PaxHeader", tarfile.XHDTYPE)
    header.size = 900 << 20
    out = io.BytesIO()
    with gzip.open(out, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(900):
            file.write(bytes(1 << 20))
    refused = put(c1, out.getvalue())
    assert refused.returncode == 1
    assert b"memory" in refused.stderr


def test_a_fifo_is_copied_and_not_waited_for(c1):
    c1.ask("exec", "c1", "sh", "-c", "mkfifo /tmp/pipe; echo x > /tmp/zz")
    with tarfile.open(fileobj=io.BytesIO(c1.docker("cp", "c1:/tmp", "-").stdout)) as tar:
        assert tar.getmember("tmp/pipe").isfifo()
        assert "tmp/zz" in tar.getnames()


def test_what_the_kernel_makes_up_is_no_file_of_the_container(c1):
    refused = c1.docker("cp", "c1:/proc/1/environ", "-")
    assert b"Could not find the file /proc/1/environ in container c1" in refused.stderr
    with tarfile.open(fileobj=io.BytesIO(c1.docker("cp", "c1:/", "-").stdout)) as tar:
        assert not [n for n in tar.getnames() if n.startswith(("/proc/", "/sys/", "/dev/"))]


def test_nothing_stays_of_a_copy(c1):
    before = Path("/proc/self/mountinfo").read_text()
    c1.ask("cp", "c1:/etc/passwd", "-")
    c1.ask("kill", "c1")
    c1.ask("cp", "c1:/etc/passwd", "-")
    assert put(c1, archive(member("one"), content=b"x")).returncode == 0
    assert put(c1, b"not a tar at all").returncode == 1
    assert Path("/proc/self/mountinfo").read_text() == before
    assert not porters()
    c1.ask("start", "c1")
    assert c1.ask("exec", "c1", "cat", "/tmp/one") == "x"


def porters() -> list[str]:
    return [p for p in os.listdir("/proc") if p.isdecimal() and _comm(p) == "terrarium-port"]


def test_a_client_that_leaves_takes_its_porter_along(c1):
    c1.ask("exec", "c1", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=20")
    with Wire(c1) as leaving:
        leaving.send("GET", "/containers/c1/archive?path=/big")
        assert leaving.head()[0] == 200
        assert len(porters()) == 1
    with Wire(c1) as coming:
        length = ("Content-Type: application/x-tar", "Content-Length: 9999")
        coming.send("PUT", "/containers/c1/archive?path=/tmp", None, *length)
        assert witness.settled(lambda: bool(porters()), within=10)
    assert witness.settled(lambda: not porters(), within=10)


@pytest.mark.parametrize("running", [True, False])
def test_a_killed_engine_leaves_no_porter_behind(own, c1, running):
    c1.ask("exec", "c1", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=20")
    if not running:
        c1.ask("kill", "c1")
    with Wire(c1) as going, Wire(c1) as coming:
        going.send("GET", "/containers/c1/archive?path=/big")
        assert going.head()[0] == 200  # And nothing of the body is read.
        length = ("Content-Type: application/x-tar", "Content-Length: 9999")
        coming.send("PUT", "/containers/c1/archive?path=/tmp", None, *length)
        assert witness.settled(lambda: len(porters()) == 2, within=10)
        own.end(signal.SIGKILL)
        assert witness.settled(lambda: not porters(), within=10)
    own.start()
    assert c1.ask("cp", "c1:/etc/text", "-")


def _comm(pid: str) -> str:
    try:
        return Path("/proc", pid, "comm").read_text().strip()
    except OSError:
        return ""
