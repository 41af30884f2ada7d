"""The exercises application."""

from django.apps import AppConfig


class ExercisesConfig(AppConfig):
    """Label `exercises`."""

    name = "course.exercises"
    label = "exercises"
