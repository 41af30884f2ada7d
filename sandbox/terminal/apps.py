"""The terminal application: no tables, the static files of the browser's side, one signal."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out


class TerminalConfig(AppConfig):
    """Label `terminal`."""

    name = "sandbox.terminal"
    label = "terminal"

    def ready(self) -> None:
        """A logout reaches the user's open terminals."""
        user_logged_out.connect(_ask_again, dispatch_uid="sandbox.terminal")


def _ask_again(user: Any = None, **_: object) -> None:  # noqa: ANN401 - any user model
    # Imported here: models are not ready when the application is configured.
    from sandbox.terminal.routing import WATCH  # noqa: PLC0415 - see above

    if user is not None:
        WATCH.ask_again_soon(user.pk)
