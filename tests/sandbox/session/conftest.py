"""An engine to lease from, and learners."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from course.progress.models import Learner
from tests import fakes_engine


@pytest.fixture
def engine_of(short_tmp, settings):
    """Starts the given engine where the web process looks for it."""
    with ExitStack() as running:

        def start(engine):
            settings.TERRARIUM_ENGINE = short_tmp / "labs.sock"
            return running.enter_context(fakes_engine.listening(engine, settings.TERRARIUM_ENGINE))

        yield start


@pytest.fixture
def engine(engine_of):
    return engine_of(fakes_engine.RememberingEngine())


@pytest.fixture
def mei(db):
    return Learner.objects.create_user("mei", password="glass-box-42")


@pytest.fixture
def kai(db):
    return Learner.objects.create_user("kai", password="glass-box-43")
