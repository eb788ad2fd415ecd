"""In front of the application: when there is too much to do, the 503 that costs next to nothing.

An answer through Flask, with its line in the log, takes a good part of what a search does. With four times the load
there would be time for nothing else. So who is turned away is turned away here, by an answer that is made beforehand
but for its id. They are counted one by one, and logged together.

Who is let in waits for its turn here, too, unless its body must be received behind.
"""

import threading
from collections.abc import Callable, Iterable
from time import monotonic, perf_counter
from typing import cast

from werkzeug.exceptions import HTTPException

from geo_assign.core.ids import new_id
from geo_assign.core.telemetry import get_logger
from geo_assign.http.accounting import PREFIX, count_turned_away
from geo_assign.http.admission import WorkTurns
from geo_assign.http.application import Application
from geo_assign.http.early_bodies import EarlyBodies, Environ
from geo_assign.http.errors import OverloadedError
from geo_assign.http.line import Newcomer, Turn
from geo_assign.http.operations import Operation
from geo_assign.http.paths import parameters_of
from geo_assign.http.problems import MEDIA_TYPE, problem_of
from geo_assign.http.request import BEGUN_S, NEWCOMER, TURN
from geo_assign.http.response import API_HEADERS

StartResponse = Callable[..., object]
_LOGGED_EVERY_S = 1.0
# So many wait for a turn before their bodies: a line of those who sent half would leave no room for others.
_TURN_FIRST = 32
_log = get_logger()


class TurningAway:
    """A WSGI application that asks `work` before it calls `app`, for those of `operations`."""

    def __init__(
        self, app: Application, operations: Iterable[Operation], work: WorkTurns, early_bodies: EarlyBodies
    ) -> None:
        self._early_bodies = early_bodies
        self._behind = app.wsgi_app
        self._adapter = app.url_map.bind("")
        self._operations = {operation.name: operation for operation in operations}
        # Matching a path takes as long as all the rest; most calls have no parameter in theirs.
        self._by_path: dict[tuple[str, str], Operation] = {
            (operation.method, operation.path): operation
            for operation in self._operations.values()
            if not parameters_of(operation.path)
        }
        self._work = work
        self._turn_first = threading.Semaphore(_TURN_FIRST)
        self._refusal = _Refusal()
        self._lock = threading.Lock()
        self._unlogged = 0
        self._logged_at = float("-inf")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        operation = self._find_operation(environ)
        if operation is None:
            return self._behind(environ, start_response)  # type: ignore[arg-type] # Flask's own, with werkzeug's types
        environ[BEGUN_S] = perf_counter()
        newcomer = self._work.expect(operation.lane)
        if newcomer is None:
            return self._turn_away(operation, start_response)
        environ[NEWCOMER] = newcomer
        try:
            self._wait(environ, operation, newcomer)
            return self._behind(environ, start_response)  # type: ignore[arg-type]
        except OverloadedError:
            return self._turn_away(operation, start_response)
        finally:
            self._work.stop_expecting(newcomer)
            turn = cast(Turn | None, environ.pop(TURN, None))
            if turn is not None:
                self._work.leave(turn)

    def _wait(self, environ: Environ, operation: Operation, newcomer: Newcomer) -> None:
        """Wait for turn and body, unless the body must be received behind. Raises OverloadedError."""
        if not operation.sends_body:
            self._take_turn(environ, operation, newcomer)
            return
        body = self._early_bodies.start(environ, operation)
        if body is None:
            return
        with body:
            if body.comes_at_once():
                self._take_turn_first(environ, operation, newcomer)
                if body.is_late():
                    self._hand_back(environ)
            if not body.is_received():
                self._hand_back(environ)
            elif TURN not in environ:
                self._take_turn(environ, operation, newcomer)

    def _take_turn_first(self, environ: Environ, operation: Operation, newcomer: Newcomer) -> None:
        """Take a turn before the body is there, unless too many wait for that."""
        if self._turn_first.acquire(blocking=False):
            try:
                self._take_turn(environ, operation, newcomer)
            finally:
                self._turn_first.release()

    def _take_turn(self, environ: Environ, operation: Operation, newcomer: Newcomer) -> None:
        environ[TURN] = self._work.enter(operation.lane, operation.name, newcomer)

    def _hand_back(self, environ: Environ) -> None:
        turn = cast(Turn | None, environ.pop(TURN, None))
        if turn is not None:
            self._work.hand_back(turn)

    def _turn_away(self, operation: Operation, start_response: StartResponse) -> Iterable[bytes]:
        count_turned_away(operation, self._refusal.status)
        self._log_together()
        return self._refusal(start_response)

    def _find_operation(self, environ: Environ) -> Operation | None:
        path, method = str(environ["PATH_INFO"]), str(environ["REQUEST_METHOD"])
        if not path.startswith(PREFIX):
            return None
        found = self._by_path.get((method, path))
        if found is not None:
            return found
        try:
            endpoint, _ = self._adapter.match(path, method)
        except HTTPException:
            return None
        return self._operations.get(str(endpoint).rpartition(".")[2])

    def _log_together(self) -> None:
        now = monotonic()
        with self._lock:
            self._unlogged += 1
            if now - self._logged_at < _LOGGED_EVERY_S:
                return
            number, self._unlogged, self._logged_at = self._unlogged, 0, now
        _log.warning("requests_turned_away", number=number)


class _Refusal:
    """The answer to each who is turned away: the problem as everywhere, of which only the request's id differs."""

    def __init__(self) -> None:
        stands_for_id = new_id().hex
        problem = problem_of(OverloadedError(retry_after_s=1), stands_for_id)
        self.status = problem.status
        self._before, _, self._after = problem.body.partition(stands_for_id.encode())
        self._headers = [
            *API_HEADERS,
            ("Cache-Control", "no-store"),
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(problem.body))),
            *problem.headers.items(),
        ]

    def __call__(self, start_response: StartResponse) -> Iterable[bytes]:
        request_id = new_id().hex
        start_response("503 SERVICE UNAVAILABLE", [*self._headers, ("X-Request-Id", request_id)])
        return [self._before + request_id.encode() + self._after]
