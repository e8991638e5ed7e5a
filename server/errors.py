"""Errors as HTTP: each kind has one status, and the body says what to do."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..core.errors import Error, Invalid, NotFound, Unavailable
from ..core.wire import error_body
from .metrics import ERRORS, Metrics

STATUS: Mapping[str, int] = {
    "Invalid": 400,
    "Denied": 403,
    "TooManyRows": 403,
    "NotFound": 404,
    "Conflict": 409,
    "Fenced": 421,
    "Unavailable": 503,
    "Overloaded": 503,
    "Corrupt": 500,
}


class Refused(Exception):
    """An error with a status that says more than its kind does."""

    def __init__(self, status: int, error: Error, **headers: str) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error
        self.headers = headers


def error_response(
    error: Error, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    sent = dict(headers or {})
    if error.retryable:
        sent["Retry-After"] = "1"
    return Response(
        orjson.dumps(error_body(error)),
        status_code=status or STATUS[error.kind],
        media_type="application/json",
        headers=sent,
    )


def add_error_handlers(app: FastAPI, metrics: Metrics) -> None:
    """Whatever goes wrong in a route leaves as an error body, and is counted."""

    def answer(error: Error, status: int | None = None, headers: Mapping[str, str] | None = None) -> Response:
        metrics.add(ERRORS, error.kind)
        return error_response(error, status, headers)

    async def deliberate(_: Request, error: Exception) -> Response:
        assert isinstance(error, Error)
        return answer(error)

    async def refused(_: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, Refused)
        return answer(refusal.error, refusal.status, refusal.headers)

    async def unfit(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, RequestValidationError)
        first = problem.errors()[0]
        name = str(first["loc"][-1])
        return answer(Invalid(f"`{name}`: {first['msg']}", hint="GET /docs lists what each route takes"))

    async def by_status(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        hint = "GET /docs lists the routes"
        if problem.status_code == 404:
            return answer(NotFound("no such route", hint=hint))
        return answer(Invalid(str(problem.detail), hint=hint), problem.status_code, problem.headers)

    async def unforeseen(_: Request, __: Exception) -> Response:
        # The server goes on to log the traceback.
        return answer(Unavailable("the server failed", hint="its log says why; please report it"), 500)

    async def left(_: Request, __: Exception) -> Response:
        return Response(status_code=499)

    app.add_exception_handler(Error, deliberate)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, unfit)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(ClientDisconnect, left)
    app.add_exception_handler(Exception, unforeseen)
