"""Reading requests: leniently where dockerd is lenient, and never by crashing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.dockerapi.server import create_body, versions
from sandbox.dockerapi.server.requests import parsed_object, parsed_query
from sandbox.engine.errors import BadNumber, BadParameter, EngineError, Forbidden, NotOffered
from sandbox.engine.policy import Policy, check_creation

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ("Image", "Cmd", "Entrypoint", "Env", "Labels", "Hostname", "Tty", "User", "StopSignal")
HOST_FIELDS = (
    *("Memory", "Binds", "NetworkMode", "RestartPolicy", "CapAdd", "LogConfig", "Runtime"),
    *("Mounts", "Tmpfs", "VolumesFrom"),
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(FIELDS, JSON),
        "HostConfig": JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(HOST_FIELDS, JSON)),
    },
)


@given(BODIES)
def test_any_creation_is_understood_or_refused(body):
    try:
        create_body.parsed(body)
    except EngineError:
        return


@given(st.binary(max_size=64))
def test_any_body_is_an_object_or_refused(content):
    try:
        assert isinstance(parsed_object(content), dict)
    except BadParameter:
        return


@given(st.text(max_size=32))
def test_any_query_is_read(text):
    query = parsed_query(text)
    query.flag("all")
    try:
        query.filters(frozenset())
        query.number("limit", 0)
    except (BadParameter, BadNumber):
        return


@pytest.mark.parametrize(
    ("text", "truth"),
    [("", False), ("all=", False), ("all=0", False), ("all=1", True), ("all=x", True)],
)
def test_truth_is_dockers(text, truth):
    assert parsed_query(text).flag("all") is truth


@pytest.mark.parametrize(
    "host",
    [
        {"Privileged": True},
        {"Devices": [{"PathOnHost": "/dev/sda"}]},
        {"Links": ["other"]},
        {"PidMode": "host"},
        {"IpcMode": "container:other"},
        {"SecurityOpt": ["seccomp={}"]},
    ],
)
def test_what_would_be_dropped_in_silence_is_refused_by_name(host):
    with pytest.raises(NotOffered, match=next(iter(host))):
        create_body.parsed({"Image": "box", "HostConfig": host})


def test_what_asks_for_nothing_is_passed_over():
    nothing: dict[str, object] = {
        "Binds": None,
        "Privileged": False,
        "PortBindings": {},
        "Links": [],
        "Newer": 1,
    }
    config, limits, _ = create_body.parsed({"Image": "box", "HostConfig": nothing})
    assert (config.image, limits.runtime) == ("box", "terrarium")


def test_the_labs_socket_makes_labs_and_nothing_else():
    lab = {"Image": "x", "HostConfig": {"Runtime": "lab", "Memory": 1 << 29}}
    check_creation(Policy.LABS, lab)
    for body in (
        {"Image": "x"},
        {"Image": "x", "HostConfig": {"Runtime": "terrarium"}},
        {**lab, "HostConfig": {"Runtime": "lab", "Binds": ["/:/h"]}},
        {**lab, "HostConfig": {"Runtime": "lab", "Privileged": True}},
        {**lab, "Volumes": {"/v": {}}},
    ):
        with pytest.raises(Forbidden):
            check_creation(Policy.LABS, body)


@pytest.mark.parametrize("path", ["/v1.24/info", "/v1.45/info", "/info"])
def test_versions_in_the_range_are_spoken(path):
    asked, rest = versions.split(path)
    assert versions.LOWEST <= versions.agreed(asked) <= versions.HIGHEST
    assert rest == "/info"


@pytest.mark.parametrize(("path", "words"), [("/v1.46/info", "too new"), ("/v1.23/x", "too old")])
def test_versions_outside_the_range_are_refused(path, words):
    with pytest.raises(BadParameter, match=words):
        versions.agreed(versions.split(path)[0])


def test_filters_come_as_an_object_or_as_a_list():
    for value in ({"a": True, "b": False}, ["a"]):
        query = parsed_query("filters=" + json.dumps({"label": value}))
        assert query.filters(frozenset({"label"})) == {"label": ("a",)}
