"""The progress application."""

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    """Label `progress`: AUTH_USER_MODEL names it."""

    name = "course.progress"
    label = "progress"
