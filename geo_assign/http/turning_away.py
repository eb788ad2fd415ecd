"""In front of the application: when there is too much to do, the 503 that costs next to nothing.

An answer through Flask, with its line in the log, takes a good part of what a search does. With four times the load
there would be time for nothing else. So who would be turned away is turned away here, before a body is received and
before the database is asked anything, with an answer that is made already but for the request's id. No lock is taken:
hundreds come at once, and would wait for each other and hold up those who work. They are noted one by one, and counted
and logged together.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from werkzeug.exceptions import HTTPException

from geo_assign.core.telemetry import get_logger, sample_with
from geo_assign.http.accounting import PREFIX, count_turned_away
from geo_assign.http.admission import WorkTurns
from geo_assign.http.application import Application
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import Operation
from geo_assign.http.problems import MEDIA_TYPE, problem_of
from geo_assign.http.request import request_id_of
from geo_assign.http.response import API_HEADERS

Environ = dict[str, object]
StartResponse = Callable[..., object]
_LOGGED_EVERY_S = 1.0
_STATUS, _STATUS_LINE = 503, "503 SERVICE UNAVAILABLE"
_log = get_logger()


class TurningAway:
    """A WSGI application that asks `work` before it calls `app`, for those of `operations`."""

    def __init__(self, app: Application, operations: Iterable[Operation], work: WorkTurns) -> None:
        self._app = app
        self._behind = app.wsgi_app
        self._adapter = app.url_map.bind("")
        self._operations = {operation.name: operation for operation in operations}
        # Most requests are for paths without parameters: those are found without a look at the rules.
        self._plain: Mapping[tuple[str, str], Operation] = {
            (one.method, one.path): one for one in self._operations.values() if "{" not in one.path
        }
        self._work = work
        self._answer = _Answer()
        self._noted: deque[str] = deque()
        self._telling = threading.Lock()
        self._told_at = float("-inf")
        sample_with("turned away", self._tell)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._work.has_room:
            operation = self._operation_of(environ)
            if operation is not None and self._work.refuses(operation.lane):
                return self._turn_away(operation, environ, start_response)
        return self._behind(environ, start_response)  # type: ignore[arg-type] # Flask's own, with werkzeug's types

    def _operation_of(self, environ: Environ) -> Operation | None:
        method, path = str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"])
        plain = self._plain.get((method, path))
        if plain is not None or not path.startswith(PREFIX):
            return plain
        try:
            endpoint, _ = self._adapter.match(path, method)
        except HTTPException:
            return None
        return self._operations.get(str(endpoint).rpartition(".")[2])

    def _turn_away(
        self, operation: Operation, environ: Mapping[str, object], start_response: StartResponse
    ) -> Iterable[bytes]:
        self._noted.append(operation.name)
        if monotonic() - self._told_at >= _LOGGED_EVERY_S:
            self._tell()
        request_id = request_id_of(environ)
        body = self._answer.body(request_id)
        start_response(_STATUS_LINE, self._answer.headers(request_id, body))
        return [body]

    def _tell(self) -> None:
        """Count and log those that were noted since the last time."""
        if not self._telling.acquire(blocking=False):
            return
        try:
            self._told_at = monotonic()
            noted = Counter(self._noted.popleft() for _ in range(len(self._noted)))
            for name, number in noted.items():
                count_turned_away(self._operations[name], _STATUS, number=number)
        finally:
            self._telling.release()
        if noted:
            _log.warning("requests_turned_away", number=noted.total())


class _Answer:
    """What is told, made beforehand but for the request's id."""

    def __init__(self) -> None:
        id_goes_here = "{request_id}"
        problem = problem_of(OverloadedError(retry_after_s=1), id_goes_here)
        self._before, _, self._after = problem.body.partition(id_goes_here.encode())
        self._headers = (
            *API_HEADERS,
            ("Cache-Control", "no-store"),
            ("Content-Type", MEDIA_TYPE),
            *problem.headers.items(),
        )

    def body(self, request_id: str) -> bytes:
        return b"".join((self._before, request_id.encode(), self._after))

    def headers(self, request_id: str, body: bytes) -> list[tuple[str, str]]:
        return [*self._headers, ("X-Request-Id", request_id), ("Content-Length", str(len(body)))]
