"""What Flask answers beside the API: its errors are problems too."""

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from geo_assign.core.errors import GeoAssignError
from geo_assign.core.telemetry import get_logger
from geo_assign.http.errors import InternalError, MethodNotAllowedError, NoSuchRouteError
from geo_assign.http.incoming import Incoming
from geo_assign.http.problems import MEDIA_TYPE, problem_of, translate
from geo_assign.http.rendering import API_HEADERS

_log = get_logger()


def answer_with_problems(app: Flask) -> None:
    """Make every error of `app` a problem+json."""
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_failure)


def _of_http(error: HTTPException) -> Response:
    if isinstance(error, NotFound):
        return _response(NoSuchRouteError())
    if isinstance(error, MethodNotAllowed):
        return _response(MethodNotAllowedError(allow=sorted(error.valid_methods or ())))
    return Response(error.get_body(), error.code, error.get_headers())


def _of_failure(error: Exception) -> Response:
    told = translate(error)
    if isinstance(told, InternalError):
        _log.error("request_failed", exc_info=error)
    return _response(told)


def _response(error: GeoAssignError) -> Response:
    request_id = Incoming(request.environ).request_id
    problem = problem_of(error, request_id)
    headers = {**dict(API_HEADERS), "X-Request-Id": request_id, "Cache-Control": "no-store", **problem.headers}
    return Response(problem.body, problem.status, headers, content_type=MEDIA_TYPE)
