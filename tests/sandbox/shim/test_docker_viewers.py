"""Docker's raw stream: multiplexed without a terminal, nothing lost, half-closed in both ways."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import struct

from sandbox.shim.log import Log
from tests.sandbox.shim.ends import quiet, received, until, write_some

NOISE = random.Random(3).randbytes(1 << 20)
SET_PIPE_SIZE = 1031  # fcntl(2), F_SETPIPE_SZ


def streams(data: bytes) -> dict[int, bytes]:
    """The multiplexed stream taken apart."""
    apart = {1: b"", 2: b""}
    while data:
        kind, length = struct.unpack_from(">BxxxI", data)
        assert len(data) >= 8 + length
        apart[kind] += data[8 : 8 + length]
        data = data[8 + length :]
    return apart


def test_without_a_terminal_each_piece_says_which_stream_it_is_from(desk):
    session = desk.session(tty=False)
    client = desk.docker(session)
    _, stdout, stderr = desk.pipes(session)
    os.write(stdout, b"out")
    quiet(desk.loop)
    os.write(stderr, b"err")
    session.ended(0)
    data = bytearray()
    until(desk.loop, lambda: not received(client, data))
    assert data == b"\x01\0\0\0\0\0\0\x03out\x02\0\0\0\0\0\0\x03err"


def test_with_a_terminal_the_bytes_are_raw(desk):
    session = desk.session()
    client = desk.docker(session)
    os.write(desk.terminal(session), b"raw")
    session.ended(0)
    data = bytearray()
    until(desk.loop, lambda: not received(client, data))
    assert data == b"raw"


def test_only_the_streams_that_were_asked_for_are_sent(desk):
    session = desk.session(tty=False)
    client = desk.docker(session, stdout=False)
    _, stdout, stderr = desk.pipes(session)
    os.write(stdout, b"out")
    os.write(stderr, b"err")
    session.ended(0)
    data = bytearray()
    until(desk.loop, lambda: not received(client, data))
    assert streams(bytes(data)) == {1: b"", 2: b"err"}


def test_the_end_of_the_clients_input_is_the_end_of_the_programs_and_output_goes_on(desk):
    session = desk.session(tty=False)
    client = desk.docker(session)
    stdin, stdout, _ = desk.pipes(session)
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    quiet(desk.loop)
    assert (os.read(stdin, 100), os.read(stdin, 100)) == (b"question", b"")
    os.write(stdout, b"answer")
    session.ended(0)
    data = bytearray()
    until(desk.loop, lambda: not received(client, data))
    assert streams(bytes(data))[1] == b"answer"


def test_input_that_outlasts_its_client_stays_open(desk):
    session = desk.session(tty=False)
    session.input_once = False
    client = desk.docker(session)
    stdin, _, _ = desk.pipes(session)
    os.set_blocking(stdin, False)
    client.shutdown(socket.SHUT_WR)
    quiet(desk.loop)
    later = desk.docker(session)
    later.sendall(b"still open")
    quiet(desk.loop)
    assert os.read(stdin, 100) == b"still open"


def test_a_slow_client_loses_nothing_and_the_program_waits(desk):
    session = desk.session(tty=False)
    client = desk.docker(session)
    _, stdout, _ = desk.pipes(session)
    os.set_blocking(stdout, False)
    written = 0

    def program() -> None:
        nonlocal written
        written += write_some(stdout, NOISE[written : written + 65536])

    for _ in range(100):
        program()
        desk.loop.alarm(0, lambda: None)
        desk.loop.turn()
    assert written < len(NOISE)
    data = bytearray()
    until(desk.loop, lambda: written == len(NOISE), program, lambda: received(client, data))
    session.ended(0)
    until(desk.loop, lambda: not received(client, data))
    assert streams(bytes(data))[1] == NOISE


def test_one_client_who_leaves_at_the_end_does_not_mix_up_another_ones_bytes(desk):
    session = desk.session(tty=False)
    leaving, staying = desk.docker(session), desk.docker(session)
    _, stdout, _ = desk.pipes(session)
    fcntl.fcntl(stdout, SET_PIPE_SIZE, 1 << 18)
    os.write(stdout, NOISE[: 1 << 18])
    leaving.close()
    session.ended(0)
    data = bytearray()
    until(desk.loop, lambda: not received(staying, data))
    assert streams(bytes(data))[1] == NOISE[: 1 << 18]


def test_two_clients_at_the_end_get_the_same_bytes(desk):
    session = desk.session(tty=False)
    clients = [desk.docker(session), desk.docker(session)]
    _, stdout, stderr = desk.pipes(session)
    fcntl.fcntl(stdout, SET_PIPE_SIZE, 1 << 18)
    os.write(stdout, NOISE[: 1 << 18])
    os.write(stderr, b"and that was all")
    session.ended(0)
    heard = [bytearray(), bytearray()]
    until(desk.loop, lambda: not received(clients[0], heard[0]))
    until(desk.loop, lambda: not received(clients[1], heard[1]))
    for data in heard:
        assert streams(bytes(data)) == {1: NOISE[: 1 << 18], 2: b"and that was all"}


def test_a_client_who_reads_nothing_at_the_end_costs_the_log_nothing(desk, tmp_path):
    session = desk.session(tty=False, log=Log(str(tmp_path / "log.json"), 1 << 30))
    desk.docker(session)
    _, stdout, _ = desk.pipes(session)
    os.set_blocking(stdout, False)
    line = b"x" * 99 + b"\n"
    written = 0
    for _ in range(200):
        written += write_some(stdout, line * 40)
        desk.loop.alarm(0, lambda: None)
        desk.loop.turn()
    session.ended(0)
    assert not session.finished
    session.close()
    assert len((tmp_path / "log.json").read_text().splitlines()) == written // 100
