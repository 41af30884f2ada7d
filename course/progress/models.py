"""Learners, and what each has tried, passed and predicted. record.py alone writes these tables."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class Learner(AbstractUser):
    """A person who learns; a guest is one who has not yet chosen a name and a password."""

    guest = models.BooleanField(default=False)


class Attempt(models.Model):
    """One go at an exercise, with the seed that its variables are drawn from."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts"
    )
    exercise = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    seed = models.CharField(max_length=32)
    started = models.DateTimeField()
    passed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["exercise", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "exercise", "number"], name="attempts_are_numbered"
            )
        ]

    def __str__(self) -> str:
        return f"{self.exercise} #{self.number}"


class StepPass(models.Model):
    """A step that an attempt has passed."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=80)
    passed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "step"], name="a_step_passes_once")
        ]

    def __str__(self) -> str:
        return f"{self.attempt} {self.step}"


class Prediction(models.Model):
    """What a learner expected, committed before it was tried."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="predictions")
    card = models.CharField(max_length=80)
    choice = models.CharField(max_length=80)
    committed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "card"], name="a_prediction_stands")
        ]

    def __str__(self) -> str:
        return f"{self.attempt} {self.card}: {self.choice}"
