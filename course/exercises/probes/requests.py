"""The probes `http`, `tcp`, `udp` and `dns`: real requests made by us from the lab's networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from course.exercises.comparison import Comparison, Expectation, describe, satisfies
from course.exercises.conditions import Reaching
from course.exercises.network import LOCALHOST, Datagram, Dns, Http, Stream, is_address
from course.exercises.probes.namespaces import GONE
from course.exercises.probes.network import space_of
from course.exercises.sight import Bindings, Sight
from course.exercises.telling import fill_bound
from course.exercises.text import Text, same
from sandbox.observe.reach import Reach, Reached

HTTP_PORT = 80
NOT_NUMERIC = Text(zh="地址不是数字，没有发出请求", en="not a numeric address; no request was made")
OUTCOMES = {
    "refused": Text(zh="连接被拒绝：那里没有人监听", en="connection refused: nobody listens there"),
    "unreachable": Text(zh="到不了那个地址", en="that address cannot be reached"),
    "timeout": Text(zh="没有等到回答", en="no answer in time"),
    "broken": Text(zh="回答不合协议", en="the answer is not of that protocol"),
    "flood": Text(zh="回答太长", en="the answer is too long"),
    "gone": GONE,
}


def solve(probe: Reaching, bindings: Bindings, sight: Sight) -> Iterator[Bindings]:
    """Whether the answer is as asked; a server that does not answer is a plain failure."""
    line = _line(probe, bindings, sight)
    space = space_of(probe.origin, bindings, sight)
    if space is None:
        sight.miss(same(line), GONE)
        return
    reach = _question(probe, space, bindings, sight)
    if reach is None:
        sight.miss(same(line), NOT_NUMERIC)
        return
    reached = sight.reach(reach)
    if reached is None:
        return
    if reached.outcome == "fault":
        sight.fault(same(f"{line}: {reached.detail}"))
        return
    wrong = _misfit(probe, reached)
    if wrong is None:
        yield bindings
    else:
        sight.miss(same(line), wrong, closeness=0.5)


def _question(probe: Reaching, space: int, bindings: Bindings, sight: Sight) -> Reach | None:
    """The request as the engine takes it; None when its address is not one."""

    def filled(text: str) -> str:
        return fill_bound(text, bindings, sight.evidence)

    def to(address: str, port: int | str, send: str, kind: str) -> Reach | None:
        numeric = "127.0.0.1" if filled(address) == LOCALHOST else filled(address)
        number = filled(str(port))
        if not is_address(numeric) or not number.isdigit():
            return None
        return Reach(space, kind, numeric, int(number), filled(send), probe.milliseconds)

    match probe:
        case Http():
            return _http_question(probe, filled(probe.url), space)
        case Stream():
            return to(probe.addr, probe.port, probe.send, "tcp")
        case Datagram():
            return to(probe.addr, probe.port, probe.send, "udp")
        case Dns():
            return to(probe.server, probe.port, f"{probe.type} {probe.name}", "dns")


def _http_question(probe: Http, url: str, space: int) -> Reach | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = "127.0.0.1" if host == LOCALHOST else host
    try:
        port = parts.port or HTTP_PORT
    except ValueError:
        return None
    if not is_address(address):
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Reach(space, "http", address, port, path, probe.milliseconds, host=parts.netloc)


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that an answer has to be."""

    label: str
    expected: Expectation | None
    fits: Callable[[Expectation, Reached], bool]


def _wishes(probe: Reaching) -> tuple[Wish, ...]:
    """What the author wrote, in the order in which it is told."""
    wishes: tuple[Wish, ...]
    match probe:
        case Http():
            wishes = (
                Wish("", probe.status, lambda wanted, told: satisfies(wanted, told.status)),
                Wish("body ", probe.body, lambda wanted, told: _says(wanted, told.body)),
                Wish(
                    "location ", probe.location, lambda wanted, told: _says(wanted, told.location)
                ),
            )
        case Dns():
            wishes = (
                Wish("code ", probe.code, lambda wanted, told: satisfies(wanted, told.status)),
                Wish("", probe.answer, _among),
            )
        case _:
            wishes = (Wish("", probe.reply, lambda wanted, told: _says(wanted, told.body)),)
    return tuple(wish for wish in wishes if wish.expected is not None)


def _misfit(probe: Reaching, reached: Reached) -> Text | None:
    """What does not fit, None when everything does."""
    if isinstance(probe, Stream) and probe.refused:
        return None if reached.outcome == "refused" else _outcome(reached)
    if reached.outcome != "answered":
        return _outcome(reached)
    for wish in _wishes(probe):
        if wish.expected is not None and not wish.fits(wish.expected, reached):
            return same(_short(f"{reached.status or ''} {reached.location} {reached.body}"))
    return None


def _among(expected: Expectation, reached: Reached) -> bool:
    return any(_says(expected, value) for value in reached.body.splitlines())


def _says(expected: Expectation, text: str) -> bool:
    # A text is compared as it is: "1.10" and "1.1" are two versions, not one number.
    if isinstance(expected, Comparison):
        return satisfies(expected, text.strip())
    return str(expected).strip() == text.strip()


def _outcome(reached: Reached) -> Text:
    told = OUTCOMES.get(reached.outcome)
    if told is None:
        return same(_short(f"{reached.outcome} {reached.status or ''} {reached.body}".strip()))
    detail = f" ({reached.detail})" if reached.detail else ""
    return Text(zh=f"{told.zh}{detail}", en=f"{told.en}{detail}")


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 60 else one_line[:57] + "…"  # noqa: PLR2004  one line on the page


def _line(probe: Reaching, bindings: Bindings, sight: Sight) -> str:
    """The request and what is expected of it."""
    wishes = [
        f"{wish.label}{describe(wish.expected)}"
        for wish in _wishes(probe)
        if wish.expected is not None
    ]
    arrow = f" → {', '.join(wishes)}" if wishes else ""
    return fill_bound(f"{probe.origin}: {_request(probe)}{arrow}", bindings, sight.evidence)


def _request(probe: Reaching) -> str:
    match probe:
        case Http():
            return f"GET {probe.url}"
        case Stream():
            return f"tcp {probe.addr}:{probe.port}" + (" refused" if probe.refused else "")
        case Datagram():
            return f"udp {probe.addr}:{probe.port}"
        case Dns():
            return f"{probe.type} {probe.name} @{probe.server}"
