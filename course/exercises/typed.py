"""An author's script as a learner would type it: lines for the shells of named terminals.

solution.sh, alt/*.sh and mistakes/*.sh are not run, they are typed: a line that starts another
shell (`unshare --uts bash`) makes that shell read the lines after it, and at the end every shell
stays open. Marks, each on a line of its own:

    #: terminal second     the following lines go to that terminal (at first: main)
    #: until STEP          wait until the step has passed
    #: answer ID=VALUE     answer a question of the page; $(COMMAND) is what it prints in the lab
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = "#:"
EXPECT = re.compile(r"^# expect: ([a-z0-9-]+)$")
MAIN = "main"


class BadScript(Exception):
    """A mark that does not exist, or one without what it needs."""


@dataclass(frozen=True, slots=True)
class Type:
    """Keys for one terminal."""

    terminal: str
    text: str


@dataclass(frozen=True, slots=True)
class Until:
    """Wait for a step."""

    step: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer given on the page."""

    id: str
    value: str

    @property
    def command(self) -> str:
        """What has to be run in the lab for the answer, "" when the value is the answer."""
        asked = self.value.startswith("$(") and self.value.endswith(")")
        return self.value[2:-1] if asked else ""


Act = Type | Until | Reply


def acts(script: str) -> list[Act]:
    """What is done, in order. Raises BadScript."""
    done: list[Act] = []
    terminal, lines = MAIN, list[str]()
    for line in [*script.splitlines(), f"{MARK} terminal {MAIN}"]:
        if not line.startswith(MARK):
            lines.append(line)
            continue
        text = "".join(f"{one}\n" for one in lines if not one.startswith("#"))
        if text.strip():
            done.append(Type(terminal, text))
        lines = []
        act = _mark(line)
        if isinstance(act, str):
            terminal = act
        else:
            done.append(act)
    return done


def _mark(line: str) -> Until | Reply | str:
    """The act that a mark asks for, or the name of the terminal it turns to."""
    verb, _, rest = line.removeprefix(MARK).strip().partition(" ")
    name, equals, value = rest.partition("=")
    if verb == "terminal" and rest:
        return rest
    if verb == "until" and rest:
        return Until(rest)
    if verb == "answer" and name and equals:
        return Reply(name, value)
    raise BadScript(f"{line}: not a mark; see course/exercises/typed.py")


def expected_diagnosis(script: str) -> str | None:
    """The diagnosis that a mistake's first line names."""
    first = EXPECT.match(script.partition("\n")[0])
    return first[1] if first else None
