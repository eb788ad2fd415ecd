"""In front of the application: when there is too much to do, the 503 that costs next to nothing.

An answer through Flask, with its line in the log, takes a good part of what a search does. With four times the load
there would be time for nothing else. So who would be turned away is turned away here. They are counted one by one, and
logged together.
"""

import threading
from collections.abc import Callable, Iterable
from time import monotonic

from werkzeug.exceptions import HTTPException

from geo_assign.core.ids import new_id
from geo_assign.core.telemetry import get_logger
from geo_assign.http.accounting import PREFIX, count_turned_away
from geo_assign.http.admission import WorkTurns
from geo_assign.http.application import Application
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import Operation
from geo_assign.http.problems import MEDIA_TYPE, problem_of
from geo_assign.http.response import API_HEADERS

Environ = dict[str, object]
StartResponse = Callable[..., object]
_LOGGED_EVERY_S = 1.0
_log = get_logger()


class TurningAway:
    """A WSGI application that asks `work` before it calls `app`, for those of `operations`."""

    def __init__(self, app: Application, operations: Iterable[Operation], work: WorkTurns) -> None:
        self._app = app
        self._behind = app.wsgi_app
        self._adapter = app.url_map.bind("")
        self._operations = {operation.name: operation for operation in operations}
        self._work = work
        self._lock = threading.Lock()
        self._unlogged = 0
        self._logged_at = float("-inf")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._work.has_room:
            operation = self._operation_of(environ)
            if operation is not None and self._work.refuses(operation.lane):
                return self._turn_away(operation, start_response)
        return self._behind(environ, start_response)  # type: ignore[arg-type] # Flask's own, with werkzeug's types

    def _operation_of(self, environ: Environ) -> Operation | None:
        path = str(environ["PATH_INFO"])
        if not path.startswith(PREFIX):
            return None
        try:
            endpoint, _ = self._adapter.match(path, str(environ["REQUEST_METHOD"]))
        except HTTPException:
            return None
        return self._operations.get(str(endpoint).rpartition(".")[2])

    def _turn_away(self, operation: Operation, start_response: StartResponse) -> Iterable[bytes]:
        request_id = new_id().hex
        problem = problem_of(OverloadedError(retry_after_s=1), request_id)
        count_turned_away(operation, problem.status)
        self._log_together()
        headers = [
            *API_HEADERS,
            ("X-Request-Id", request_id),
            ("Cache-Control", "no-store"),
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(problem.body))),
            *problem.headers.items(),
        ]
        start_response("503 SERVICE UNAVAILABLE", headers)
        return [problem.body]

    def _log_together(self) -> None:
        now = monotonic()
        with self._lock:
            self._unlogged += 1
            if now - self._logged_at < _LOGGED_EVERY_S:
                return
            number, self._unlogged, self._logged_at = self._unlogged, 0, now
        _log.warning("requests_turned_away", number=number)
