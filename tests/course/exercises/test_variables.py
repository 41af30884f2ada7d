"""A learner's own values."""

from __future__ import annotations

from course.exercises.definition import Variable
from course.exercises.variables import fill, fill_tree, places, roll, undefined

SPECS = {
    "n": Variable.model_validate({"int": [11, 98]}),
    "tok": Variable.model_validate({"token": 8}),
    "fault": Variable.model_validate({"choice": ["a", "b"]}),
}


def test_the_same_seed_draws_the_same_values():
    assert roll(SPECS, "s") == roll(SPECS, "s")


def test_seeds_differ_and_values_stay_in_their_bounds():
    rolled = [roll(SPECS, str(seed)) for seed in range(50)]
    assert len({one["tok"] for one in rolled}) == 50
    assert all(11 <= int(one["n"]) <= 98 and one["fault"] in "ab" for one in rolled)


def test_a_new_variable_does_not_change_the_others():
    more = SPECS | {"z": Variable.model_validate({"int": [1, 9]})}
    assert roll(more, "s").items() >= roll(SPECS, "s").items()


def test_only_known_names_are_filled():
    assert fill("{{n}} {{ n }} {{p.pid}}", {"n": "42"}) == "42 42 {{p.pid}}"


def test_a_tree_is_filled_but_its_keys_are_not():
    assert fill_tree({"{{n}}": ["{{n}}", 1]}, {"n": "42"}) == {"{{n}}": ["42", 1]}


def test_a_name_that_nobody_defines_is_found():
    used = places({"a": "{{n}} {{m}} {{p.pid}} {{cg.memory}} {{init.hostname}}"})
    assert undefined(used, defined=["n"], bound=["p"]) == ["m"]
