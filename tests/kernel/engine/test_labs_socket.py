"""The socket that the web process may open: labs, and nothing that would make a lab more."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.contract.wire import ask

pytestmark = pytest.mark.kernel
LAB = {
    "Image": "box:1",
    "Cmd": ["sleep", "60"],
    "HostConfig": {"Runtime": "lab", "StorageOpt": {"size": "32M"}},
}


@pytest.fixture
def lab(own):
    identity = ask(own.labs, "POST", "/containers/create", LAB)[2]["Id"]
    ask(own.labs, "POST", f"/containers/{identity}/start")
    yield identity
    ask(own.all, "DELETE", f"/containers/{identity}?force=1")


@pytest.fixture
def other(own):
    identity = own.all.ask("run", "-d", "box:1", "sleep", "60")
    yield identity
    own.all.ask("rm", "-f", identity)


def test_the_sockets_can_be_opened_by_whom_they_are_for(own):
    modes = [stat.S_IMODE(Path(e.socket).stat().st_mode) for e in (own.all, own.labs)]
    assert modes == [0o600, 0o660]


def test_a_lab_is_made_seen_and_removed(own, lab):
    assert [row["Id"] for row in ask(own.labs, "GET", "/containers/json")[2]] == [lab]
    state = ask(own.labs, "GET", f"/containers/{lab}/json")[2]
    assert (state["State"]["Status"], state["HostConfig"]["Runtime"]) == ("running", "lab")
    assert ask(own.labs, "DELETE", f"/containers/{lab}?force=1")[0] == 204


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /containers/ID/json",
        "POST /containers/ID/start",
        "POST /containers/ID/stop",
        "POST /containers/ID/kill",
        "POST /containers/ID/wait",
        "POST /containers/ID/rename?name=mine",
        "POST /containers/ID/attach?stream=1",
        "POST /containers/ID/resize?h=1&w=1",
        "GET /containers/ID/logs?stdout=1",
        "GET /terrarium/containers/ID/snapshot",
        "POST /terrarium/containers/ID/look",
        "POST /terrarium/containers/ID/reach",
        "DELETE /containers/ID?force=1",
    ],
)
def test_other_containers_answer_as_if_they_did_not_exist(own, other, request_line):
    method, path = request_line.split()
    status, _, said = ask(own.labs, method, path.replace("ID", other))
    assert status == 404
    nobody = "0" * len(other)
    as_if = ask(own.labs, method, path.replace("ID", nobody))[2]
    assert said["message"] == as_if["message"].replace(nobody, other)
    assert own.all.inspect(other, ".State.Running") == "true"


def test_other_containers_are_not_listed_and_their_execs_not_found(own, other):
    assert other not in [row["Id"] for row in ask(own.labs, "GET", "/containers/json?all=1")[2]]
    execution = ask(own.all, "POST", f"/containers/{other}/exec", {"Cmd": ["true"]})[2]["Id"]
    for line in (f"GET /exec/{execution}/json", f"POST /exec/{execution}/start"):
        method, path = line.split()
        assert ask(own.labs, method, path, {} if method == "POST" else None)[0] == 404
    created = ask(own.labs, "POST", f"/containers/{other}/exec", {"Cmd": ["true"]})
    assert created[0] == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"HostConfig": {}},
        {"HostConfig": {"Runtime": "terrarium"}},
        {"HostConfig": {"Runtime": "lab", "Binds": ["/:/host"]}},
        {"HostConfig": {"Runtime": "lab", "Privileged": True}},
        {"HostConfig": {"Runtime": "lab", "CapAdd": ["ALL"]}},
        {"HostConfig": {"Runtime": "lab", "Devices": [{"PathOnHost": "/dev/sda"}]}},
        {"HostConfig": {"Runtime": "lab", "NetworkMode": "host"}},
        {"Volumes": {"/v": {}}},
    ],
)
def test_more_than_a_lab_cannot_be_asked_for(own, asked):
    assert ask(own.labs, "POST", "/containers/create", {**LAB, **asked})[0] == 403


def test_a_profile_that_is_not_there_says_why(own):
    labels = {"terrarium.profile": "engine"}
    status, _, answer = ask(own.labs, "POST", "/containers/create", {**LAB, "Labels": labels})
    assert (status, "nested engine" in answer["message"]) == (501, True)


def test_a_snapshot_shows_the_lab_from_outside(own, lab):
    status, _, seen = ask(own.labs, "GET", f"/terrarium/containers/{lab}/snapshot")
    assert status == 200
    assert (seen["container"], [p["comm"] for p in seen["processes"]]) == (lab, ["sleep"])
    looks = [
        {
            "pid": seen["init"],
            "start": seen["processes"][0]["start"],
            "path": "/etc/text",
            "want": "stat",
        }
    ]
    status, _, answers = ask(own.labs, "POST", f"/terrarium/containers/{lab}/look", looks)
    assert (status, answers[0]["kind"]) == (200, "file")


def test_a_snapshot_needs_a_running_lab(own, lab):
    ask(own.all, "POST", f"/containers/{lab}/kill")
    ask(own.all, "POST", f"/containers/{lab}/wait")
    assert ask(own.labs, "GET", f"/terrarium/containers/{lab}/snapshot")[0] == 409


def test_bad_looks_are_refused(own, lab):
    bad: tuple[object, ...] = ({}, [{"pid": "x"}], [1])
    for looks in bad:
        assert ask(own.labs, "POST", f"/terrarium/containers/{lab}/look", looks)[0] == 400


def test_health_names_every_part(own):
    status, _, found = ask(own.labs, "GET", "/terrarium/health")
    assert status == 200
    assert set(found["checks"]) == {"disk", "image", "zygote", "kernel"}
    assert all(set(check) == {"status", "detail"} for check in found["checks"].values())
    assert json.dumps(found).count("deploy/run") == 1  # The image is missing here: what to do.
