"""The Flask application: which classes it works with, and what it says by itself."""

from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

import flask
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter

from geo_assign.core.telemetry import get_logger
from geo_assign.http.accounting import PREFIX, keep_account
from geo_assign.http.closing import close_what_was_not_read
from geo_assign.http.compression import compress_answers
from geo_assign.http.error_handlers import answer_with_problems
from geo_assign.http.notices import give_notice
from geo_assign.http.paths import prepare_url_map
from geo_assign.http.request import Request, current_request
from geo_assign.http.response import API_HEADERS, Response

ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
T = TypeVar("T")
_log = get_logger()


class NoSessions(SessionInterface):
    """Flask's own cookie is not used: the API's sessions are rows of the database."""

    _none = NullSession()

    def open_session(self, app: flask.Flask, request: flask.Request) -> NullSession:  # noqa: ARG002
        return self._none


class Application(flask.Flask):
    """Flask with requests, responses, errors and logs of this service."""

    request_class = Request
    session_interface = NoSessions()

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name, static_folder=None)
        prepare_url_map(self.url_map)
        answer_with_problems(self)
        close_what_was_not_read(self)
        keep_account(self)
        give_notice(self)
        compress_answers(self)

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """Without a look at the Host header: no rule of the API depends on it, nor redirects to it."""
        if request is None or not request.path.startswith(PREFIX):
            return super().create_url_adapter(request)
        return self.url_map.bind("", path_info=request.path, default_method=request.method)

    def ensure_sync(self, func: Callable[..., T]) -> Callable[..., T]:
        """Every function is: Flask would look for the others at each call."""
        return func

    def make_default_options_response(self) -> Response:
        """No CORS: other origins have no business here, their browsers may know which methods there are."""
        methods = super().make_default_options_response().allow
        request_id = current_request().request_id
        return Response(None, 204, [*API_HEADERS, ("Allow", ", ".join(sorted(methods))), ("X-Request-Id", request_id)])

    def log_exception(self, exc_info: ExcInfo) -> None:
        _log.error("request_failed", request_id=current_request().request_id, exc_info=exc_info)
