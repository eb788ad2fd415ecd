"""Flask's error handlers: every error is answered as a problem, of the API and of the pages beside it."""

import psycopg
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as BaseResponse

from geo_assign.core.errors import GeoAssignError
from geo_assign.core.trouble import find_trouble
from geo_assign.http.errors import InternalError, MethodNotAllowedError, NoSuchRouteError
from geo_assign.http.problems import MEDIA_TYPE, problem_of, translate
from geo_assign.http.request import current_request
from geo_assign.http.response import API_HEADERS, Response


def answer_with_problems(app: Flask) -> None:
    """Make every error of `app` a problem+json."""
    app.register_error_handler(GeoAssignError, _of_known)
    for database_error in (DBAPIError, psycopg.Error, PoolTimeout):
        app.register_error_handler(database_error, _of_database)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(InternalServerError, _of_unexpected)


def _of_known(error: GeoAssignError) -> Response:
    return _with_trouble(_response(error), error)


def _of_database(error: Exception) -> Response:
    told = translate(error)
    if isinstance(told, InternalError):
        raise error  # ours, not the caller's: Flask treats it as unexpected, and tells the listeners for those
    return _with_trouble(_response(told), error)


def _of_unexpected(error: InternalServerError) -> Response:
    return _with_trouble(_response(InternalError()), error.original_exception)


def _of_http(error: HTTPException) -> BaseResponse:
    if isinstance(error, NotFound):
        return _response(NoSuchRouteError())
    if isinstance(error, MethodNotAllowed):
        return _response(MethodNotAllowedError(allow=sorted(error.valid_methods or ())))
    return Response(error.get_body(), error.code, error.get_headers())


def _with_trouble(response: Response, error: BaseException | None) -> Response:
    """What the database said, for log and metrics."""
    response.trouble = find_trouble(error)
    return response


def _response(error: GeoAssignError) -> Response:
    request_id = current_request().request_id
    problem = problem_of(error, request_id)
    headers = [
        *API_HEADERS,
        ("X-Request-Id", request_id),
        ("Cache-Control", "no-store"),
        ("Content-Type", MEDIA_TYPE),
        *problem.headers.items(),
    ]
    response = Response(problem.body, problem.status, headers)
    response.problem_code = problem.code
    return response
