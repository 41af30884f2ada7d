"""What people do with Docker's own command line."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time

import pytest

pytestmark = pytest.mark.contract


def run(engine, *arguments, **options):
    return engine.docker("run", "--rm", *arguments, **options)


def test_run_shows_both_streams_apart_and_passes_the_exit_code_on(engine):
    result = run(engine, "box:1", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert result.stdout == b"out\n"
    assert b"err\n" in result.stderr
    assert result.returncode == 3


def test_run_dash_i_feeds_the_program_until_the_end_of_input(engine):
    sent = os.urandom(300_000).hex().encode()
    assert run(engine, "-i", "box:1", "cat", stdin=sent).stdout == sent


def test_output_after_the_end_of_input_still_arrives(engine):
    result = run(
        engine, "-i", "box:1", "sh", "-c", "cat >/dev/null; sleep 0.2; echo late", stdin=b"x"
    )
    assert result.stdout == b"late\n"


def test_a_terminal_is_a_terminal_of_the_callers_size(engine):
    ours, theirs = pty.openpty()
    os.set_blocking(ours, True)
    subprocess.run(["stty", "rows", "33", "cols", "77"], stdin=theirs, check=True)
    script = "sleep 0.5; tty; stty size; exit 4"
    argv = [
        "docker",
        "-H",
        f"unix://{engine.socket}",
        "run",
        "--rm",
        "-it",
        "box:1",
        "sh",
        "-c",
        script,
    ]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = read_all(ours)
    assert process.wait(20) == 4
    assert "33 77" in seen
    assert re.search(r"/dev/(pts/0|console)", seen)


def read_all(descriptor):
    seen = b""
    while True:
        try:
            chunk = os.read(descriptor, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(descriptor)
    return seen.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("box:1", "nope"), 127, b'exec: "nope": executable file not found in $PATH'),
        (("box:1", "/none/x"), 127, b'exec: "/none/x": stat /none/x: no such file or directory'),
        (("box:1", "/etc"), 126, b'exec: "/etc": is a directory'),
        (("box:1", "/etc/text"), 126, b'exec: "/etc/text": permission denied'),
        (("-u", "zz", "box:1", "true"), 125, b"unable to find user zz: no matching entries"),
        (("-u", "0:zz", "box:1", "true"), 125, b"unable to find group zz: no matching entries"),
        (("-m", "1m", "box:1", "true"), 125, b"Minimum memory limit allowed is 6MB"),
        (("--runtime", "foo", "box:1", "true"), 125, b"unknown or invalid runtime name: foo"),
        (
            ("--cap-add", "FOO", "box:1", "true"),
            125,
            b'invalid CapAdd: unknown capability: "CAP_FOO"',
        ),
    ],
)
def test_what_cannot_run_ends_with_dockers_code_and_words(engine, arguments, code, words):
    result = run(engine, *arguments)
    assert words in result.stderr
    assert result.returncode == code


def test_a_container_that_could_not_start_is_gone_with_rm(engine):
    before = engine.ask("ps", "-aq")
    run(engine, "box:1", "nope")
    assert engine.ask("ps", "-aq") == before


@pytest.mark.parametrize(
    ("options", "script", "output"),
    [
        (("-h", "myhost"), "hostname", "myhost"),
        (("-w", "/tmp"), "pwd", "/tmp"),
        (("-w", "/made/up"), "pwd", "/made/up"),
        (("-e", "A=b c", "-e", "PATH=/bin:/x"), 'echo "$A $PATH"', "b c /bin:/x"),
        (("-u", "alice"), "id -u; id -g; echo $HOME", "1000\n1000\n/home/alice"),
        (("-u", "5:6"), "id -u; id -g; echo $HOME", "5\n6\n/"),
        ((), "id -u; echo $HOME; pwd; umask", "0\n/root\n/\n0022"),
        (("-t",), "echo $TERM", "xterm"),
        (("--pids-limit", "50"), "echo ok", "ok"),
        (("--read-only",), "touch /x 2>/dev/null || echo refused", "refused"),
        (("--memory", "64m", "--cpus", "0.5"), "echo ok", "ok"),
        (("--cap-drop", "ALL"), "grep CapBnd /proc/self/status", "CapBnd:\t0000000000000000"),
        ((), "grep CapEff /proc/self/status", "CapEff:\t00000000a80425fb"),
        (("--cap-add", "NET_ADMIN"), "grep CapEff /proc/self/status", "CapEff:\t00000000a80435fb"),
        ((), "ls /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty | wc -l", "6"),
        ((), "echo $$; ls /proc | grep '^[0-9]*$' | head -1", "1\n1"),
        ((), "test -d /dev/shm && test -d /dev/mqueue && test -c /dev/ptmx && echo ok", "ok"),
        ((), "cat /proc/keys /proc/kcore 2>/dev/null | wc -c", "0"),
        ((), "echo 1 > /proc/sys/kernel/panic 2>/dev/null || echo refused", "refused"),
    ],
)
def test_a_container_finds_what_docker_gives_it(engine, options, script, output):
    result = run(engine, *options, "box:1", "sh", "-c", script)
    assert result.stdout.decode().replace("\r\n", "\n").rstrip("\n") == output


def test_entrypoint_and_command_are_joined(engine):
    assert run(engine, "--entrypoint", "echo", "box:1", "a", "b").stdout == b"a b\n"
    assert run(engine, "--entrypoint", "pwd", "box:1").stdout == b"/\n"


def test_a_detached_container_runs_is_listed_and_inspected(engine, name):
    identity = engine.ask("run", "-d", "--name", name, "--label", "a=b", "box:1", "sleep", "60")
    row = engine.ask(
        "ps", "--no-trunc", "--format", "{{.ID}}|{{.Image}}|{{.Command}}|{{.Names}}|{{.State}}"
    )
    assert row == f'{identity}|box:1|"sleep 60"|subject|running'
    assert engine.ask("ps", "-q", "--filter", "label=a=b") == identity[:12]
    assert engine.ask("ps", "-q", "--filter", "label=a=c") == ""
    assert engine.ask("ps", "--format", "{{.Status}}").startswith("Up ")
    assert engine.inspect(name, ".State.Running") == "true"
    assert engine.inspect(identity[:7], ".Name") == "/subject"
    assert engine.inspect(name, "json .Config.Cmd") == '["sleep","60"]'
    assert engine.inspect(name, ".Path") == "sleep"
    assert engine.inspect(name, 'index .Config.Labels "kind"') == "test"
    assert engine.inspect(name, ".Config.Hostname") == identity[:12]


def test_stop_sends_the_signal_and_waits(engine, name):
    script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    engine.ask("run", "-d", "--name", name, "box:1", "sh", "-c", script)
    await_line(engine, name, "ready")
    assert engine.ask("stop", name) == name
    assert engine.inspect(name, ".State.ExitCode") == "5"
    assert engine.docker("stop", name).returncode == 0


def test_stop_kills_what_does_not_listen(engine, name):
    engine.ask("run", "-d", "--name", name, "box:1", "sleep", "60")
    engine.ask("stop", "-t", "1", name)
    assert engine.inspect(name, ".State.ExitCode") == "137"
    assert engine.inspect(name, ".State.Status") == "exited"


def test_kill_wait_and_start_again(engine, name):
    engine.ask("run", "-d", "--name", name, "box:1", "sleep", "60")
    waiting = subprocess.Popen(
        ["docker", "-H", f"unix://{engine.socket}", "wait", name], stdout=subprocess.PIPE
    )
    engine.ask("kill", name)
    assert waiting.communicate(timeout=20)[0] == b"137\n"
    assert engine.ask("start", name) == name
    assert engine.inspect(name, ".State.Running") == "true"
    assert engine.ask("kill", "-s", "USR1", name) == name


def test_a_running_container_is_removed_only_by_force(engine, name):
    engine.ask("run", "-d", "--name", name, "box:1", "sleep", "60")
    refused = engine.docker("rm", name)
    assert refused.returncode == 1
    assert b"stop the container before removing or force remove" in refused.stderr
    assert engine.ask("rm", "-f", name) == name
    assert engine.docker("inspect", name).returncode == 1


def test_a_name_is_taken_once(engine, name):
    engine.ask("create", "--name", name, "box:1")
    again = engine.docker("create", "--name", name, "box:1")
    assert b'The container name "/subject" is already in use by container' in again.stderr


def test_create_start_attached_gives_output_and_code(engine, name):
    engine.ask("create", "--name", name, "box:1", "sh", "-c", "echo hello; exit 6")
    for _ in range(2):
        result = engine.docker("start", "-a", name)
        assert (result.stdout, result.returncode) == (b"hello\n", 6)


def test_attach_joins_a_running_container(engine, name):
    engine.ask("run", "-di", "--name", name, "box:1", "sh", "-c", "read line; echo got $line")
    argv = ["docker", "-H", f"unix://{engine.socket}", "attach", name]
    # The input stays open: dockerd ends the output of an attachment together with its input.
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as attached:
        assert attached.stdin
        assert attached.stdout
        attached.stdin.write(b"word\n")
        attached.stdin.flush()
        assert attached.stdout.readline() == b"got word\n"
        assert attached.wait(timeout=20) == 0


def test_rename(engine, name):
    identity = engine.ask("create", "--name", "before", "box:1")
    engine.ask("rename", "before", name)
    assert engine.inspect(name, ".Id") == identity


def test_out_of_memory_is_told(engine, name):
    script = "head -c 200m /dev/zero | tail"
    result = engine.docker(
        "run", "-m", "16m", "--memory-swap", "16m", "--name", name, "box:1", "sh", "-c", script
    )
    assert result.returncode == 137
    assert engine.inspect(name, ".State.OOMKilled") == "true"


def test_images_are_listed_and_inspected(engine):
    listed = engine.ask("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    assert "box:1" in listed
    assert engine.ask("images", "--format", "{{.Repository}}:{{.Tag}}", "box") == "box:1"
    assert (
        engine.ask("image", "inspect", "-f", "{{.Os}} {{json .Config.Cmd}}", "box:1")
        == 'linux ["sh"]'
    )
    assert engine.ask("images", "-q", "nothing") == ""
    missing = engine.docker("image", "inspect", "nothing:1")
    assert b"No such image: nothing:1" in missing.stderr


def await_line(engine, name, line):
    until = time.monotonic() + 10
    while line not in engine.ask("logs", name):
        assert time.monotonic() < until
