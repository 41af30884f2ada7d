"""The study application."""

from django.apps import AppConfig


class StudyConfig(AppConfig):
    """Label `study`."""

    name = "course.study"
    label = "study"
