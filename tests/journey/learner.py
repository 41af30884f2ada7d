"""What a learner does with a browser, in a learner's words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PICTURES = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"
PROMPT = re.compile(r"root@[\w-]+:\S*# *$")
PATIENCE = 20_000  # ms; a deadline, never a measurement
AXE = Path(__file__).resolve().parents[2] / "deploy/assets/node_modules/axe-core/axe.min.js"


class Learner:
    """One person at one page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.set_default_timeout(PATIENCE)

    def visit(self, path: str) -> None:
        self.page.goto(self.url + path)

    def reads(self, language: str) -> None:
        """The language of what comes, as the header's button would have set it."""
        self.page.context.add_cookies(
            [{"name": "terrarium-language", "value": language, "url": self.url}]
        )

    def come_as_guest(self, path: str = "/") -> None:
        """The course page's first button; then the page that was meant."""
        self.visit("/")
        self.page.locator("form.join button").first.click()
        self.page.wait_for_url(re.compile("/exercises/"))
        self.visit(path)

    def sign_up(self, name: str, password: str) -> None:
        self.visit("/accounts/signup/")
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password1]", password)
        self.page.fill("input[name=password2]", password)
        self.page.locator("main form button").click()

    def log_in(self, name: str, password: str) -> None:
        self.visit("/accounts/login/")
        self.page.fill("input[name=login]", name)
        self.page.fill("input[name=password]", password)
        self.page.locator("main form button").click()

    def open_exercise(self, exercise: str) -> None:
        # Rows of text instead of pixels: what the terminal shows can be read.
        self.visit(f"/exercises/{exercise}/?renderer=dom")

    def start(self) -> None:
        self.page.locator("#start").click()
        self.sees_prompt()

    def terminal(self, name: str = "main") -> Locator:
        return self.page.locator(f"#pane-{name} .xterm-rows")

    def lines(self, name: str = "main") -> list[str]:
        """What the terminal shows, without the empty rest."""
        rows = self.terminal(name).locator("> div").all_inner_texts()
        text = "\n".join(row.replace("\xa0", " ").rstrip() for row in rows).rstrip()
        return text.split("\n")

    def sees_prompt(self, name: str = "main") -> None:
        """The last line of the terminal is a prompt that waits."""
        expect(self.terminal(name)).to_be_visible(timeout=PATIENCE)
        self.until(lambda: bool(PROMPT.search(self.lines(name)[-1])), lambda: self.lines(name))

    def types(self, line: str, name: str = "main") -> None:
        self.page.locator(f"#pane-{name} textarea").focus()
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")

    def asks(self, line: str, name: str = "main") -> str:
        """Type a command and read its one line of answer."""
        self.types(f"clear; {line}; echo said", name)
        self.until(lambda: "said" in self.lines(name), lambda: self.lines(name))
        lines = self.lines(name)
        return lines[lines.index("said") - 1]

    def check(self, number: int) -> Locator:
        return self.page.locator("#steps .check").nth(number)

    def until(self, condition, told=None) -> None:
        """Wait for a condition of our own, as long as for anything else."""
        waited = 0
        while not condition():
            assert waited < PATIENCE, told() if told else "never"
            self.page.wait_for_timeout(100)
            waited += 100

    def picture(self, name: str) -> None:
        """For people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def barriers(self) -> list[str]:
        """What axe-core has to say against the page as it is now."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {node['html']} {node.get('failureSummary', '')}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
