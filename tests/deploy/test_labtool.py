"""labtool as a program: what it says, what it refuses, what it does."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from deploy.lab_image import RECIPE, compile_labtool
from tests.running import free_port
from tests.witness import settled

pytestmark = pytest.mark.skipif(not shutil.which("tcc"), reason="labtool is built with tcc")
MISUSED = 2
SOURCES = sorted((RECIPE / "labtool").glob("*.c"))
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def labtool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("labtool") / "labtool"
    compile_labtool(target)
    return target


@pytest.fixture
def start(labtool: Path) -> Iterator[Start]:
    """Starts a mode in a process group that does not outlive the test."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        argv = [str(labtool), *arguments]
        pipe = subprocess.PIPE
        child = subprocess.Popen(argv, stdout=pipe, text=True, start_new_session=True)
        begun.append(child)
        return child

    yield begin
    for child in begun:
        with suppress(ProcessLookupError):  # The test saw its end.
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        assert child.stdout
        child.stdout.close()


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    return child.stdout.readline().strip()


def run(labtool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [str(labtool), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)


def family(leader: int) -> dict[int, str]:
    """Process id → state, for everybody of that session."""
    found = {}
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader:
            found[int(directory.name)] = fields[0]
    return found


def alive(leader: int) -> set[int]:
    return {pid for pid, state in family(leader).items() if state != "Z"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
@pytest.mark.skipif(not shutil.which("gcc"), reason="tcc sees fewer mistakes")
def test_the_strict_compiler_has_nothing_to_say(source):
    strict = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    done = subprocess.run(["gcc", *strict, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_tells_every_mode(labtool):
    told = run(labtool, "--help")
    assert told.returncode == 0
    modes = ("memhog", "cpuhog", "forker", "zombies", "counter", "jitter", "siglog", "slowstart")
    for mode in (*modes, "web", "chroot-escape"):
        assert f"\n  {mode} " in told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: labtool MODE"),
        (("dance",), "dance: no such mode"),
        (("memhog",), "usage: labtool memhog MB"),
        (("memhog", "1", "2"), "usage: labtool memhog MB"),
        (("memhog", "-1"), "-1: not a number from 0 to"),
        (("memhog", "12x"), "12x: not a number"),
        (("memhog", "99999999999999999999"), "not a number"),
        (("memhog", ""), ": not a number"),
        (("cpuhog", "0"), "0: not a number from 1 to"),
        (("siglog", "256"), "not a number from 0 to 255"),
        (("web", "0"), "not a number from 1 to 65535"),
        (("web", "8080", "nowhere"), "nowhere: not an IPv4 address"),
    ],
)
def test_what_it_does_not_understand_it_says(labtool, arguments, said):
    ran = run(labtool, *arguments)
    assert ran.returncode == MISUSED
    assert said in ran.stderr
    assert not ran.stdout


def test_memory_is_touched_and_held(start):
    child = start("memhog", "12")
    assert [line(child) for _ in range(2)] == ["memhog: 10 MB touched", "memhog: 12 MB touched"]
    assert line(child) == f"memhog: holding 12 MB, pid {child.pid}"
    pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") > 12 << 20


def test_hogs_are_as_many_as_asked_for(start):
    child = start("cpuhog", "2")
    assert settled(lambda: list(family(child.pid).values()) == ["R", "R"], within=10)


def test_a_family_of_forkers_grows_to_its_bound_and_again_after_losses(start):
    child = start("forker", "1", "5")
    assert settled(lambda: len(family(child.pid)) == 5, within=20)
    youngest = max(family(child.pid))
    assert Path(f"/proc/{child.pid}/comm").read_text() == "forker\n"
    assert Path(f"/proc/{youngest}/comm").read_text() == "forker-child\n"
    os.kill(youngest, signal.SIGKILL)
    assert settled(lambda: len(alive(child.pid) - {youngest}) == 5, within=20)


def test_zombies_stay(start):
    child = start("zombies", "3")
    assert line(child) == "zombies: 3 children, none of them waited for"
    assert settled(lambda: sorted(family(child.pid).values()) == ["S", "Z", "Z", "Z"], within=10)


def test_a_counter_appends_to_its_file(start, tmp_path):
    path = tmp_path / "count"
    path.write_text("before\n")
    start("counter", str(path))
    assert settled(lambda: path.read_text().startswith("before\n1 "), within=10)


def test_a_counter_without_a_place_to_write_says_so(labtool, tmp_path):
    ran = run(labtool, "counter", str(tmp_path / "absent" / "count"))
    assert ran.returncode == 1
    assert "No such file or directory" in ran.stderr


def test_jitter_reports_the_two_figures(start):
    words = line(start("jitter")).split()
    assert words[:2] + words[4:5] == ["jitter:", "p50", "p99"]
    assert int(words[2]) <= int(words[5])


def test_signals_are_printed_and_sigterm_ends_with_the_status(start):
    child = start("siglog", "7")
    assert line(child) == f"siglog: pid {child.pid} waits"
    child.send_signal(signal.SIGHUP)
    assert line(child) == "siglog: signal 1 (Hangup)"
    child.send_signal(signal.SIGTERM)
    assert line(child).startswith("siglog: signal 15 ")
    assert child.wait(timeout=10) == 7


def test_a_slow_start_ends_in_ready(start):
    child = start("slowstart", "1")
    assert [line(child), line(child)] == ["slowstart: starting", "slowstart: ready"]


@pytest.fixture
def site(start: Start) -> Callable[[str], tuple[int, str]]:
    """A web with another one behind it."""
    behind, before = free_port(), free_port()
    line(start("web", str(behind), "127.0.0.1", "v7"))
    line(start("web", str(before), "127.0.0.1", "v8", f"127.0.0.1:{behind}"))
    return lambda path: get(before, path)


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_the_pages_of_the_site(site):
    host = socket.gethostname()
    assert site("/") == (200, f"hello from {host}, version v8\n")
    assert site("/healthz") == (200, "ok\n")
    assert site("/version") == (200, "v8\n")
    assert site("/hostname") == (200, f"{host}\n")
    assert site("/slow") == (200, "at last\n")
    assert site("/nothing")[0] == 404
    assert site("/upstream") == (200, f"hello from {host}, version v7\n")


def test_an_upstream_that_is_not_there_is_a_bad_gateway(start):
    port = free_port()
    line(start("web", str(port), "127.0.0.1", "v1", f"127.0.0.1:{free_port()}"))
    assert get(port, "/upstream") == (502, "upstream: no answer\n")


@pytest.mark.parametrize("bytes_sent", [b"\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"\0" * 5000])
def test_what_is_no_get_is_refused_and_the_next_one_served(start, bytes_sent):
    port = free_port()
    line(start("web", str(port), "127.0.0.1"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(bytes_sent)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    assert get(port, "/healthz")[0] == 200


def test_sigterm_ends_the_site_with_success(start):
    child = start("web", str(free_port()), "127.0.0.1")
    line(child)
    child.terminate()
    assert child.wait(timeout=10) == 0


def test_under_the_name_server_it_is_a_site_and_needs_a_loader(tmp_path):
    server = tmp_path / "server"
    compile_labtool(server, static=False)
    assert b"/ld-linux" in server.read_bytes()
    child = subprocess.Popen(
        [server, str(free_port()), "127.0.0.1"], stdout=subprocess.PIPE, text=True
    )
    assert line(child).startswith(f"web: pid {child.pid} listens at 127.0.0.1:")
    child.terminate()
    assert child.wait(timeout=10) == 0
    assert child.stdout
    child.stdout.close()


@pytest.mark.kernel
def test_a_chroot_is_left(labtool, tmp_path):
    shutil.copy(labtool, tmp_path / "labtool")
    (tmp_path.parent / "outside").write_text("reached\n")
    target = str(tmp_path.parent / "outside")
    argv = ["chroot", str(tmp_path), "/labtool", "chroot-escape", "/bin/cat", target]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.stdout == "reached\n", ran.stderr
