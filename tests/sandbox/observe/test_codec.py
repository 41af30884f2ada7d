"""Snapshot, Look and Seen survive JSON; anything else is refused with the field's name."""

from __future__ import annotations

import json
from dataclasses import replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.observe.codec import (
    MAX_LOOKS,
    look_from,
    looks_from,
    reach_from,
    reached_from,
    reaches_from,
    seen_from,
    snapshot_from,
    to_json,
)
from sandbox.observe.reach import Reach, Reached
from sandbox.observe.snapshot import Look, Seen, Snapshot

natural = st.integers(0, 2**64 - 1)
clean_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BRIEF = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of one annotation of snapshot.py, at most two items in each list."""
    simple = {int: natural, str: clean_text, float: st.floats(0, 1e12), bool: st.booleans()}
    arguments = get_args(hint)
    if hint in simple:
        return simple[hint]
    if get_origin(hint) is dict:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=2)
    if get_origin(hint) is UnionType:
        return st.none() | values_of(arguments[0])
    if get_origin(hint) is tuple:
        several = st.lists(values_of(arguments[0]), max_size=2).map(tuple)
        return several if arguments[-1] is ... else st.tuples(*map(values_of, arguments))
    return st.builds(hint, **{k: values_of(h) for k, h in get_type_hints(hint).items()})


EMPTY = Snapshot("c" * 64, 1, 2.5, (), {}, {}, (), {}, {}, {}, ())
LOOK = {"pid": 7, "start": 99, "path": "/etc/hostname", "want": "bytes"}


def through_json(value: Snapshot | Look | Seen | Reached) -> object:
    return json.loads(json.dumps(to_json(value), allow_nan=False))


@BRIEF
@given(values_of(Snapshot))
def test_every_snapshot_survives_json(snapshot):
    assert snapshot_from(through_json(snapshot)) == snapshot


@given(values_of(Seen))
def test_every_answer_survives_json(seen):
    assert seen_from(through_json(seen)) == seen


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(json_values)
def test_arbitrary_json_is_refused_and_never_crashes(value):
    for read in (snapshot_from, seen_from, look_from, reach_from, reached_from):
        with pytest.raises(ValueError, match=r"^(snapshot|seen|look|reach|reached)"):
            read(value)


@given(st.sampled_from(sorted(to_json(EMPTY))), json_values)
def test_one_hostile_field_is_refused_by_its_name_or_read_as_what_it_is(field, value):
    document = {**to_json(EMPTY), field: value}
    try:
        read = snapshot_from(document)
    except ValueError as refused:
        assert str(refused).startswith(f"snapshot.{field}")  # noqa: PT017  # either is right
    else:
        assert to_json(read)[field] == value


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"init": True}, r"snapshot\.init: expected an integer, got bool"),
        ({"init": -1}, r"snapshot\.init: out of range"),
        ({"init": 2**64}, r"snapshot\.init: out of range"),
        ({"taken": float("nan")}, r"snapshot\.taken: out of range"),
        ({"taken": 10**400}, r"snapshot\.taken: out of range"),
        ({"container": "\ud800"}, r"snapshot\.container: not Unicode text"),
        ({"hostnames": {"07": "box"}}, r"snapshot\.hostnames key: .*leading zero"),
        ({"hostnames": {"٧": "box"}}, r"snapshot\.hostnames key: expected a decimal number"),
        ({"hostnames": {"7": None}}, r"snapshot\.hostnames\['7'\]: expected a string"),
        ({"mounts": {"7": [{}]}}, r"snapshot\.mounts\['7'\]\[0\]\.id: missing"),
        ({"extra": 1}, r"snapshot: unknown field 'extra'"),
    ],
)
def test_a_wrong_field_is_named(change, named):
    with pytest.raises(ValueError, match=named):
        snapshot_from({**to_json(EMPTY), **change})


def test_a_missing_field_is_named():
    document = to_json(EMPTY)
    del document["links"]
    with pytest.raises(ValueError, match=r"^snapshot\.links: missing$"):
        snapshot_from(document)


def test_four_ids_are_four():
    broken = {"processes": [{"uids": [0, 0, 0]}]}
    with pytest.raises(ValueError, match=r"^snapshot\.processes\[0\]\.pid: missing$"):
        snapshot_from({**to_json(EMPTY), **broken})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"path": "etc"}, "look.path: expected an absolute path"),
        ({"path": "/etc\0/x"}, "look.path: expected an absolute path"),
        ({"path": "/" + "字" * 2000}, "look.path: longer"),
        ({"want": "write"}, "look.want: expected one of stat, bytes, names, size"),
        ({"pid": "7"}, "look.pid: expected an integer"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(change, named):
    with pytest.raises(ValueError, match=named):
        look_from({**LOOK, **change})


def test_the_body_of_a_request_is_a_bounded_list_of_questions():
    assert looks_from([LOOK]) == (Look(7, 99, "/etc/hostname", "bytes"),)
    with pytest.raises(ValueError, match=r"looks\[1\]\.want"):
        looks_from([LOOK, {**LOOK, "want": ""}])
    with pytest.raises(ValueError, match="at most"):
        looks_from([LOOK] * (MAX_LOOKS + 1))
    with pytest.raises(ValueError, match="looks: expected a list"):
        looks_from(LOOK)


def test_integer_keys_are_strings_in_json():
    named = replace(EMPTY, hostnames={4026531838: "box-42"})
    assert to_json(named)["hostnames"] == {"4026531838": "box-42"}


@given(values_of(Reached))
def test_what_came_of_a_request_survives_json(reached):
    assert reached_from(through_json(reached)) == reached


REACH = {
    "network": 7,
    "kind": "http",
    "address": "10.0.0.1",
    "port": 80,
    "send": "/",
    "milliseconds": 2000,
    "host": "",
}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "gopher"},
        {"address": "web.lab"},
        {"address": "127.0.0.1\0"},
        {"address": "127.1"},
        {"port": 0},
        {"port": 65536},
        {"milliseconds": 0},
        {"milliseconds": 60_000},
        {"send": "x" * 2000},
        {"host": "x" * 2000},
        {"network": -1},
        {"more": 1},
    ],
)
def test_a_request_out_of_bounds_is_refused(change):
    assert reach_from(REACH) == Reach(7, "http", "10.0.0.1", 80, "/", 2000)
    with pytest.raises(ValueError, match=r"^reach"):
        reach_from({**REACH, **change})


def test_a_bounded_number_of_requests_is_made_at_once():
    assert len(reaches_from([REACH] * 16)) == 16
    with pytest.raises(ValueError, match="at most 16"):
        reaches_from([REACH] * 17)
