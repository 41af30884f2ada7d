"""One open page of a learner: what it is still to be told, and in which language."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from pydantic import JsonValue

Message = dict[str, JsonValue]


@dataclass(eq=False, slots=True)
class Viewer:
    """A page that watches the checks; of each kind of message only the newest waits."""

    language: str
    visible: bool = True
    waiting: dict[str, Message] = field(default_factory=dict)
    closing: int = 0  # A WebSocket close code, once the page is to leave.
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    said: dict[str, Message] = field(default_factory=dict)

    def tell(self, message: Message, *, about: str = "") -> None:
        """Have the message sent unless it was; an older one about the same is dropped."""
        key = f"{message['type']} {about}"
        if self.said.get(key) == message:
            return
        self.said[key] = message
        self.waiting[key] = message
        self.woken.set()

    def leave(self, code: int) -> None:
        """Have the socket closed, after what waits has been sent."""
        self.closing = self.closing or code
        self.woken.set()

    async def next(self) -> tuple[list[Message], int]:
        """Wait for something to do: messages to send, then a close code unless 0."""
        await self.woken.wait()
        self.woken.clear()
        messages, self.waiting = list(self.waiting.values()), {}
        return messages, self.closing
