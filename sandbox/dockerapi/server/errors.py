"""Which status an engine's error becomes: the one place where it changes form."""

from __future__ import annotations

from http import HTTPStatus

from sandbox.dockerapi.server.answers import NOT_MODIFIED, Answer, refusal
from sandbox.dockerapi.server.http import BodyTooLarge
from sandbox.engine import errors
from sandbox.engine.errors import EngineError

STATUS: dict[type[EngineError], HTTPStatus] = {
    errors.NoSuchContainer: HTTPStatus.NOT_FOUND,
    errors.NoSuchImage: HTTPStatus.NOT_FOUND,
    errors.NoSuchExec: HTTPStatus.NOT_FOUND,
    errors.NoSuchFile: HTTPStatus.NOT_FOUND,
    errors.ProcessGone: HTTPStatus.NOT_FOUND,
    errors.Ambiguous: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NameTaken: HTTPStatus.CONFLICT,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.NotRunning: HTTPStatus.CONFLICT,
    errors.AlreadyDone: HTTPStatus.NOT_MODIFIED,
    errors.BadParameter: HTTPStatus.BAD_REQUEST,
    errors.BadNumber: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.Unanswerable: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NotOffered: HTTPStatus.NOT_IMPLEMENTED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotStartable: HTTPStatus.BAD_REQUEST,
    errors.StartFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NoRoom: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NoSuchVolume: HTTPStatus.NOT_FOUND,
    errors.NoSuchDriver: HTTPStatus.NOT_FOUND,
    errors.VolumeInUse: HTTPStatus.CONFLICT,
    errors.DuplicateMount: HTTPStatus.BAD_REQUEST,
    errors.NoSuchNetwork: HTTPStatus.NOT_FOUND,
    errors.NoSuchPlugin: HTTPStatus.NOT_FOUND,
    errors.NetworkExists: HTTPStatus.CONFLICT,
    errors.NotConnected: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.AddressTaken: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.RemovalIncomplete: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def answer_to(error: EngineError | BodyTooLarge) -> Answer:
    """Docker's error body with the status of the table."""
    if isinstance(error, BodyTooLarge):
        return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request's body is too large")
    status = STATUS[type(error)]
    return NOT_MODIFIED if status is HTTPStatus.NOT_MODIFIED else refusal(status, str(error))


def unforeseen(error: Exception) -> Answer:
    """500, with what the kernel said where it was the kernel."""
    if isinstance(error, OSError):
        reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, reason)
    message = "the engine failed in a way nobody foresaw; its log says how"
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, message)
