"""Addresses of the lesson pages."""

from __future__ import annotations

from django.urls import path

from course.lessons import views

urlpatterns = [path("lessons/<slug:unit_id>/<slug:name>/", views.lesson, name="lesson")]
