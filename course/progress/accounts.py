"""How a learner's account is made: allauth's adapter, and the form by which a guest stays."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class LearnerAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Names are kept apart from those that guests are given."""
