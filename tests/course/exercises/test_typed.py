"""Scripts as they are typed."""

from __future__ import annotations

import pytest

from course.exercises.typed import BadScript, Reply, Type, Until, acts, expected_diagnosis


def test_lines_go_to_the_terminal_that_was_turned_to_last():
    script = "one\n#: until born\n#: terminal second\n# a remark\ntwo\n#: answer q=7\nthree\n"
    assert acts(script) == [
        Type("main", "one\n"),
        Until("born"),
        Type("second", "two\n"),
        Reply("q", "7"),
        Type("second", "three\n"),
    ]


def test_an_answer_may_be_what_a_command_prints():
    assert Reply("q", "$(id -u)").command == "id -u"
    assert Reply("q", "7").command == ""


def test_a_mark_nobody_knows_is_refused():
    with pytest.raises(BadScript):
        acts("#: sleep 3")


def test_a_mistake_names_its_diagnosis_in_its_first_line():
    assert expected_diagnosis("# expect: no-fork\nls\n") == "no-fork"
    assert expected_diagnosis("ls\n# expect: no-fork\n") is None
