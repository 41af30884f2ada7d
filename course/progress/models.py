"""Learners, and what each has tried, passed, predicted and said. record.py alone writes these."""

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


class Reply(models.Model):
    """What a learner said to a question card, in a lesson, a review or the placement test."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="replies"
    )
    occasion = models.CharField(max_length=40)  # "lesson", "review-u03", "placement"
    round = models.PositiveIntegerField()  # Each round asks with other values.
    card = models.CharField(max_length=40)
    seed = models.CharField(max_length=32)  # What the card's values were drawn from.
    choice = models.CharField(max_length=400)  # "" is: skipped.
    right = models.BooleanField()  # Told to nobody but the learner; the placement test counts it.
    replied_at = models.DateTimeField()

    class Meta:
        ordering = ["replied_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "occasion", "round", "card"], name="a_reply_stands"
            )
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.round} {self.card}: {self.choice}"


class Surprise(models.Model):
    """What surprised a learner in an exercise, in their own words and for their own eyes."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="surprises"
    )
    exercise = models.CharField(max_length=80)
    text = models.TextField(max_length=1000)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-written_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "exercise"], name="one_surprise_per_exercise")
        ]

    def __str__(self) -> str:
        return f"{self.exercise}: {self.text[:40]}"


class Certificate(models.Model):
    """An address under which anybody may see what a learner has done; withdrawing deletes it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="certificate"
    )
    address = models.CharField(max_length=43, unique=True)
    name = models.CharField(max_length=80)  # As the learner wants to be called on it.
    issued_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
