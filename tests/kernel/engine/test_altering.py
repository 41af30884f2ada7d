"""`docker update`, seen where the kernel keeps the limits."""

from __future__ import annotations

import pytest

from tests import witness

pytestmark = pytest.mark.kernel


def test_a_smaller_number_of_processes_holds_at_once_and_can_be_lifted(own):
    own.all.ask("run", "-d", "--name", "c1", "box:1", "sleep", "600")
    crowd = ("exec", "c1", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait")
    own.all.ask("update", "--pids-limit", "5", "c1")
    assert b"an't fork" in own.all.docker(*crowd).stderr
    own.all.ask("update", "--pids-limit", "-1", "c1")
    assert own.all.docker(*crowd).returncode == 0


def test_memory_that_is_in_use_is_not_taken_away(own):
    fill = "dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2> /dev/null; sleep 600"
    own.all.ask("run", "-d", "--name", "c2", "-m", "200m", "box:1", "sh", "-c", fill)
    size = ("exec", "c2", "stat", "-c", "%s", "/dev/shm/x")
    assert witness.settled(
        lambda: own.all.docker(*size).stdout.strip() == str(40 << 20).encode(), within=10
    )
    refused = own.all.docker("update", "-m", "8m", "c2")
    if refused.returncode:  # Version 1; version 2 takes the limit and kills.
        assert b"Cannot update container" in refused.stderr
        assert own.all.inspect("c2", ".HostConfig.Memory") == str(200 << 20)
