"""What clients see on the wire: statuses, bodies, heads that come at once, streams."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.wire import Wire, ask

pytestmark = pytest.mark.contract
SLEEP = {"Image": "box:1", "Cmd": ["sleep", "60"]}


def test_ping_says_what_is_spoken(engine):
    for method in ("GET", "HEAD"):
        status, headers, _ = ask(engine, method, "/_ping")
        assert status == 200
        assert (headers["api-version"], headers["ostype"]) == ("1.45", "linux")
        assert headers["swarm"] == "inactive"
        assert headers["cache-control"] == "no-cache, no-store, must-revalidate"


@pytest.mark.parametrize(
    ("request_line", "body", "status", "message"),
    [
        (
            "GET /v1.46/version",
            None,
            400,
            "client version 1.46 is too new. Maximum supported API version is 1.45",
        ),
        (
            "GET /v1.23/version",
            None,
            400,
            (
                "client version 1.23 is too old. Minimum supported API version is 1.24, "
                "please upgrade your client to a newer version"
            ),
        ),
        ("GET /nothing", None, 404, "page not found"),
        ("POST /version", None, 404, "page not found"),
        ("GET /containers/nope/json", None, 404, "No such container: nope"),
        ("POST /containers/nope/start", None, 404, "No such container: nope"),
        ("DELETE /containers/nope", None, 404, "No such container: nope"),
        ("POST /containers/nope/wait", None, 404, "No such container: nope"),
        ("GET /containers/nope/logs?stdout=1", None, 404, "No such container: nope"),
        ("GET /images/nope:1/json", None, 404, "No such image: nope:1"),
        ("GET /exec/nope/json", None, 404, "No such exec instance: nope"),
        ("POST /exec/nope/start", {}, 404, "No such exec instance: nope"),
        ("POST /containers/create", {"Image": "nope:1"}, 404, "No such image: nope:1"),
        (
            "POST /containers/create",
            {"Image": "BOX:1"},
            400,
            "invalid reference format: repository name (library/BOX) must be lowercase",
        ),
        (
            "POST /containers/create?name=a%20b",
            SLEEP,
            400,
            "Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        ),
        (
            "POST /containers/create?name=a",
            SLEEP,
            400,
            "Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        ),
        (
            "POST /containers/create",
            {**SLEEP, "WorkingDir": "rel"},
            400,
            "the working directory 'rel' is invalid, it needs to be an absolute path",
        ),
        ("POST /containers/create", {**SLEEP, "StopSignal": "FOO"}, 400, "invalid signal: FOO"),
        (
            "POST /containers/create",
            {**SLEEP, "Env": ["=x"]},
            400,
            "invalid environment variable: =x",
        ),
        (
            "POST /containers/create",
            {**SLEEP, "HostConfig": {"RestartPolicy": {"Name": "foo"}}},
            400,
            (
                "invalid restart policy: unknown policy 'foo'; use one of 'no', "
                "'always', 'on-failure', or 'unless-stopped'"
            ),
        ),
        ("GET /containers/json?filters=zzz", None, 400, "invalid filter"),
        (
            "GET /containers/json?filters=%7B%22bogus%22%3A%5B%22x%22%5D%7D",
            None,
            400,
            "invalid filter 'bogus'",
        ),
        (
            "GET /containers/json?filters=%7B%22status%22%3A%5B%22x%22%5D%7D",
            None,
            400,
            "invalid filter 'status=x'",
        ),
        ("GET /containers/json?limit=x", None, 500, 'strconv.Atoi: parsing "x": invalid syntax'),
        ("GET /events?since=x&until=1", None, 500, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (
            "GET /swarm",
            None,
            503,
            (
                'This node is not a swarm manager. Use "docker swarm init" or "docker '
                'swarm join" to connect this node to swarm and try again.'
            ),
        ),
        (
            "GET /nodes",
            None,
            503,
            (
                'This node is not a swarm manager. Use "docker swarm init" or "docker '
                'swarm join" to connect this node to swarm and try again.'
            ),
        ),
        ("POST /swarm/leave", None, 503, "This node is not part of a swarm"),
    ],
)
def test_refusals_have_dockers_status_and_text(engine, request_line, body, status, message):
    method, path = request_line.split(" ")
    found, headers, answer = ask(engine, method, path, body)
    assert (found, answer) == (status, {"message": message})
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"Image":"box:1"', "invalid JSON: unexpected EOF"),
        (b"", "invalid JSON: got EOF while reading request body"),
    ],
)
def test_a_body_that_is_no_json_is_refused(engine, body, message):
    with Wire(engine) as wire:
        wire.send("POST", "/containers/create", body)
        status, headers = wire.head()
        assert (status, json.loads(wire.body(headers))) == (400, {"message": message})


@pytest.mark.parametrize(
    ("request_line", "status", "message"),
    [
        (
            "POST /containers/subject/kill",
            409,
            "cannot kill container: subject: container ID is not running",
        ),
        ("POST /containers/subject/resize?h=1&w=2", 409, "container ID is not running"),
        ("POST /containers/subject/stop", 304, None),
        ("POST /containers/subject/wait?condition=bogus", 400, 'invalid condition: "bogus"'),
        ("POST /containers/subject/resize?h=x", 400, 'strconv.Atoi: parsing "x": invalid syntax'),
        ("POST /containers/subject/rename?name=", 400, "Neither old nor new names may be empty"),
        (
            "GET /containers/subject/logs",
            400,
            "Bad parameters: you must choose at least one stream",
        ),
    ],
)
def test_a_created_container_refuses(engine, created, request_line, status, message):
    found, _, answer = ask(engine, *request_line.split(" "))
    expected = {"message": message.replace("ID", created)} if message else b""
    assert (found, answer) == (status, expected)


@pytest.mark.parametrize(
    ("request_line", "status", "message"),
    [
        ("POST /containers/subject/start", 304, None),
        (
            "DELETE /containers/subject",
            409,
            (
                'cannot remove container "/subject": container is running: stop the '
                "container before removing or force remove"
            ),
        ),
        (
            "POST /containers/subject/kill?signal=BOGUS",
            400,
            "cannot kill container: subject: invalid signal: BOGUS",
        ),
        ("POST /containers/subject/resize?h=1&w=2", 200, None),
        (
            "POST /containers/subject/kill?signal=0",
            400,
            "cannot kill container: subject: invalid signal: 0",
        ),
    ],
)
def test_a_running_container_answers(engine, sleeping, request_line, status, message):
    found, _, answer = ask(engine, *request_line.split(" "))
    assert (found, answer) == (status, {"message": message} if message else b"")


def test_one_connection_serves_many_requests(engine, created, name):
    with Wire(engine) as wire:
        for path in ("/_ping", f"/containers/{name}/json", "/nothing", "/version"):
            wire.send("GET", path)
            status, headers = wire.head()
            wire.body(headers)
            assert status == (404 if path == "/nothing" else 200)


def test_what_an_old_client_sends_is_read(engine, created, name):
    with Wire(engine) as wire:
        wire.send(
            "POST",
            f"/v1.24/containers/{name}/start?x=&checkpoint=",
            None,
            "Content-Type: text/plain",
            "Content-Length: 0",
        )
        assert wire.head()[0] == 204


KEYS = "Id Created Path Args State Image Name HostConfig Config Mounts NetworkSettings LogPath"
STATE_KEYS = (
    "Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt"
)


def test_inspect_has_dockers_keys(engine, sleeping, name):
    found = ask(engine, "GET", f"/containers/{name}/json")[2]
    assert set(KEYS.split()) <= set(found)
    assert set(found["State"]) == set(STATE_KEYS.split())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found["State"]["StartedAt"])
    assert found["State"]["FinishedAt"] == "0001-01-01T00:00:00Z"


def test_a_failed_start_stays_created_with_its_reason(engine, name):
    ask(engine, "POST", f"/containers/create?name={name}", {"Image": "box:1", "Cmd": ["nope"]})
    status, _, answer = ask(engine, "POST", f"/containers/{name}/start")
    state = ask(engine, "GET", f"/containers/{name}/json")[2]["State"]
    assert status == 400
    assert answer["message"] == state["Error"]
    assert (state["Status"], state["ExitCode"]) == ("created", 127)
    assert state["StartedAt"] == "0001-01-01T00:00:00Z"
