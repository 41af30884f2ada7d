"""Daphne as deployed, with a terminal that nobody may have. Usage: PORT."""

from __future__ import annotations

import os
import sys

import django
from daphne.cli import CommandLineInterface

from deploy import websocket


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    websocket.install()
    CommandLineInterface().run(
        ["-p", sys.argv[1], "-v", "0", "tests.sandbox.terminal.lonely_server:application"]
    )


async def application(scope, receive, send):
    """Every lease is somebody else's."""
    from sandbox.terminal import consumer  # noqa: PLC0415 - Django has to be there first
    from sandbox.terminal.closing import Close  # noqa: PLC0415 - the same
    from sandbox.terminal.watch import Watch  # noqa: PLC0415 - the same

    async def denied(_scope):
        raise consumer.SentAway(Close.NOT_YOURS)

    consumer._lease = denied
    await consumer.TerminalConsumer(Watch())(scope, receive, send)


if __name__ == "__main__":
    main()
