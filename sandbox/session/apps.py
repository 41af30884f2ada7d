"""The session application."""

from django.apps import AppConfig


class SessionConfig(AppConfig):
    """Label `session` (Django's own is `sessions`)."""

    name = "sandbox.session"
    label = "session"
    default_auto_field = "django.db.models.BigAutoField"
