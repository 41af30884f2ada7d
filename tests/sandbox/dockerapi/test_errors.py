"""Every error of the engine has a status."""

from __future__ import annotations

from sandbox.dockerapi.server.errors import STATUS
from sandbox.engine import errors
from sandbox.engine.errors import EngineError


def test_every_engine_error_has_a_status():
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, EngineError) and kind is not EngineError
    }
    assert kinds == set(STATUS)
