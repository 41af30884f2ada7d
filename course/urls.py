"""Every address of the course."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("course.progress.urls")),
    path("", include("course.exercises.urls")),
    path("", include("course.study.urls")),
]
