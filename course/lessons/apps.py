"""The lessons application."""

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    """Label `lessons`."""

    name = "course.lessons"
    label = "lessons"
