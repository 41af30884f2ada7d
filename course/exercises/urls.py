"""Addresses of the exercises and their labs."""

from __future__ import annotations

from django.urls import path

from course.exercises import views

urlpatterns = [
    path("exercises/<slug:exercise_id>/", views.exercise, name="exercise"),
    path("exercises/<slug:name>/lab", views.start_lab, name="start_lab"),
    path("labs/<str:name>/", views.lab, name="lab"),
    path("labs/<str:name>/reset/", views.reset_lab, name="reset_lab"),
    path("labs/<str:name>/extend/", views.extend_lab, name="extend_lab"),
    path("labs/<str:name>/end/", views.end_lab, name="end_lab"),
]
