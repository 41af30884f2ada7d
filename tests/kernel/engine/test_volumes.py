"""Volumes outlive engines, and nobody is led out of a container by what a volume holds."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.contract.wire import ask

pytestmark = pytest.mark.kernel


def test_a_volume_outlives_a_killed_engine(own):
    own.all.ask("run", "--rm", "-v", "kept:/v", "box:1", "sh", "-c", "echo here > /v/f")
    own.end(signal.SIGKILL)
    own.start()
    assert own.all.ask("volume", "ls", "-q") == "kept"
    assert own.all.ask("run", "--rm", "-v", "kept:/v", "box:1", "cat", "/v/f") == "here"


def test_a_running_container_keeps_its_volume_from_removal_after_a_kill(own):
    own.all.ask("run", "-d", "--name", "user", "-v", "kept:/v", "box:1", "sleep", "60")
    own.end(signal.SIGKILL)
    own.start()
    refused = own.all.docker("volume", "rm", "kept")
    assert b"volume is in use" in refused.stderr
    own.all.ask("rm", "-f", "user")
    assert own.all.ask("volume", "rm", "kept") == "kept"


def test_what_a_killed_engine_left_half_made_is_gone(own):
    volumes = own.state / "engine" / "volumes"
    own.all.ask("volume", "create", "whole")
    own.end(signal.SIGKILL)
    (volumes / "half" / "_data").mkdir(parents=True)
    (volumes / "whole" / "_data.new" / "part").mkdir(parents=True)  # A copy that was cut off.
    own.start()
    assert own.all.ask("volume", "ls", "-q") == "whole"
    assert not (volumes / "half").exists()
    own.all.ask("run", "--rm", "-v", "whole:/etc", "box:1", "test", "-f", "/etc/text")
    assert sorted(entry.name for entry in (volumes / "whole").iterdir()) == ["_data", "volume.json"]


def test_a_volume_that_swaps_directories_for_links_leads_nobody_out(own, tmp_path):
    """A destination inside another container's volume, while that one exchanges it."""
    canary = tmp_path / "outside"
    canary.mkdir(mode=0o777)
    swap = f"cd /v; mkdir d; ln -s {canary} l; while :; do mv d t; mv l d; mv d l; mv t d; done"
    own.all.ask("run", "-d", "--name", "evil", "-v", "shared:/v", "box:1", "sh", "-c", swap)
    results = [
        own.all.docker(
            *("run", "--rm", "-v", "shared:/v", "-v", f"other:/v/d/x{number}", "box:1", "true")
        ).returncode
        for number in range(15)
    ]
    own.all.ask("rm", "-f", "evil")
    assert 0 in results  # Else nothing was tried.
    assert list(canary.iterdir()) == []


def test_a_part_of_a_volume_cannot_be_led_out_of_it(own, tmp_path):
    (tmp_path / "secret").write_text("outside")
    for target in (str(tmp_path), "../../../../../.." + str(tmp_path)):
        link = f"rm -f /v/out; ln -s {target} /v/out"
        own.all.ask("run", "--rm", "-v", "shared:/v", "box:1", "sh", "-c", link)
        mount = "type=volume,source=shared,target=/y,volume-subpath=out"
        refused = own.all.docker("run", "--rm", "--mount", mount, "box:1", "ls", "/y")
        assert (refused.returncode, refused.stdout) == (125, b"")


def test_a_device_of_the_image_is_no_device_in_a_volume(own):
    layer = next((own.state / "engine" / "image" / "layers").glob("*/home"))
    os.mknod(layer / "disk", 0o660 | 0o060000, os.makedev(8, 0))
    try:
        listed = own.all.ask("run", "--rm", "-v", "copy:/home", "box:1", "ls", "/home")
    finally:
        (layer / "disk").unlink()
    assert listed == "alice"


def test_a_lab_has_no_mounts_whoever_asks(own):
    lab = {"Image": "box:1", "HostConfig": {"Runtime": "lab", "Binds": ["/:/host"]}}
    status, _, answer = ask(own.all, "POST", "/containers/create", lab)
    assert (status, "a lab has its own disk" in answer["message"]) == (400, True)


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /volumes",
        "GET /volumes/kept",
        "POST /volumes/create",
        "POST /volumes/prune",
        "DELETE /volumes/kept",
    ],
)
def test_the_labs_socket_knows_no_volumes(own, request_line):
    own.all.ask("volume", "create", "kept")
    method, path = request_line.split()
    assert ask(own.labs, method, path, {} if method == "POST" else None)[0] == 403
    assert "kept" in own.all.ask("volume", "ls", "-q").split()


def test_nothing_stays_mounted_on_the_host(own):
    own.all.ask("run", "--rm", "-v", "kept:/v", "--tmpfs", "/t", "box:1", "true")
    mounts = Path("/proc/self/mountinfo").read_text()
    assert str(own.state) not in mounts
