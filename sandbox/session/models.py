"""Leases and the terminals opened in them. leases.py and terminals.py alone write these tables."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sandbox.session.state import OPEN, State


def fresh_id() -> str:
    """22 characters, 128 bits: an id cannot be guessed."""
    return secrets.token_urlsafe(16)


class Reason(models.TextChoices):
    """Why a lease is no longer open; the label is told to the learner."""

    NONE = "", ""
    ASKED = "asked", _("You ended this lab.")
    RESET = "reset", _("You reset this lab: a fresh one has taken its place.")
    TIME = "time", _("The time of this lab was over. Start again for a fresh one.")
    IDLE = "idle", _("Nothing was typed for a while, so this lab was ended. Start again.")
    LOST = "lost", _("The engine no longer has this lab. Start again for a fresh one.")
    DIED = "died", _("The lab's first process ended, and the lab with it. Start again.")
    REFUSED = "refused", _("This lab could not be started. Start again, or tell your teacher.")


class Lease(models.Model):
    """One learner's hold on one lab, for one attempt at one exercise."""

    id = models.CharField(max_length=22, primary_key=True, default=fresh_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leases"
    )
    exercise = models.CharField(max_length=80)
    attempt = models.PositiveIntegerField(default=1)
    seed = models.CharField(max_length=32, default="", blank=True)
    profile = models.CharField(max_length=16, default="plain")
    container = models.CharField(max_length=64, default="", blank=True)
    state = models.CharField(
        max_length=8,
        choices=[(state.value, state.value) for state in State],
        default=State.STARTING,
    )
    reason = models.CharField(max_length=8, choices=Reason.choices, default=Reason.NONE, blank=True)
    detail = models.TextField(
        default="", blank=True
    )  # The engine's words, for the log and teacher.
    created = models.DateTimeField()
    ends_at = models.DateTimeField()
    last_used = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Twenty double clicks at once make one lab: the database decides, not the code.
            models.UniqueConstraint(
                fields=["owner", "exercise"],
                condition=models.Q(state__in=[state.value for state in OPEN]),
                name="one_open_lab_per_exercise",
            )
        ]
        indexes = [models.Index(fields=["state", "ends_at"], name="open_leases_by_end")]

    def __str__(self) -> str:
        return f"{self.exercise} of {self.owner_id} ({self.state})"

    @property
    def is_open(self) -> bool:
        """Starting or running."""
        return self.state in OPEN

    @property
    def why(self) -> str:
        """The reason in the learner's language, "" while the lease is open."""
        return str(Reason(self.reason).label)


class Terminal(models.Model):
    """A named shell of a lease: the engine's exec that a browser comes back to."""

    lease = models.ForeignKey(Lease, on_delete=models.CASCADE, related_name="terminals")
    name = models.CharField(max_length=16)
    exec_id = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lease", "name"], name="one_shell_per_terminal")
        ]

    def __str__(self) -> str:
        return f"{self.lease_id} {self.name}"
