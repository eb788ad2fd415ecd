"""The API as a WSGI application: finds the operation, answers, and keeps account of it.

It stands in front of Flask, which serves the console and the documentation: Flask's own way through routing, request
context and response objects costs more than everything that is done here.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from geo_assign.core.telemetry import counter, get_logger, histogram
from geo_assign.http.dispatching import Dispatcher
from geo_assign.http.errors import InternalError, MethodNotAllowedError, OverloadedError
from geo_assign.http.incoming import Incoming
from geo_assign.http.operations import Operation
from geo_assign.http.problems import MEDIA_TYPE, problem_of, translate
from geo_assign.http.rendering import API_HEADERS, STATUS_LINES, Outgoing
from geo_assign.http.router import Router, template_of

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

PREFIX = "/v1/"
_NO_ROUTE = "-"
_requests = counter("http_requests", "Requests answered.", ("operation", "status"))
_seconds = histogram("http_request_seconds", "Time to answer, until the first byte of a stream.", ("operation",))
_shed = counter("http_shed", "Requests turned away because there was too much to do.", ("operation",))
_log = get_logger()


class Api:
    """Answers what lies under /v1 and gives the rest to `beside`."""

    def __init__(self, operations: Sequence[Operation], dispatcher: Dispatcher, *, beside: WsgiApp) -> None:
        self._router = Router(operations)
        self._dispatcher = dispatcher
        self._beside = beside
        self._observe_seconds = {operation.name: _seconds.labels(operation.name).observe for operation in operations}
        self._counters: dict[tuple[str, int], Callable[[], None]] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._beside(environ, start_response)
        begun = time.perf_counter()
        incoming = Incoming(environ)
        operation: Operation | None = None
        with structlog.contextvars.bound_contextvars(request_id=incoming.request_id):
            try:
                operation, path = self._router.find(incoming.method, incoming.path)
                outgoing = self._dispatcher.answer(operation, path, incoming)
            except Exception as error:  # noqa: BLE001 - every failure becomes an answer
                outgoing = _refusal(error, incoming)
            self._account(operation, incoming, outgoing, seconds=time.perf_counter() - begun)
        start_response(STATUS_LINES[outgoing.status], outgoing.headers)
        return outgoing.parts

    def _account(self, operation: Operation | None, incoming: Incoming, outgoing: Outgoing, *, seconds: float) -> None:
        name = operation.name if operation is not None else _NO_ROUTE
        count = self._counters.get((name, outgoing.status))
        if count is None:
            count = _requests.labels(name, str(outgoing.status)).inc
            self._counters[name, outgoing.status] = count
        count()
        if operation is not None:
            self._observe_seconds[name](seconds)
        if outgoing.code == OverloadedError.code:
            _shed.labels(name).inc()
        caller = incoming.caller
        _log.info(
            "request",
            method=incoming.method,
            route=template_of(operation.path) if operation is not None else _NO_ROUTE,
            status=outgoing.status,
            code=outgoing.code,
            duration_ms=round(seconds * 1000, 2),
            org_id=None if caller is None else str(caller.org_id),
            caller=None if caller is None else caller.kind.value,
        )


def _refusal(error: Exception, incoming: Incoming) -> Outgoing:
    if isinstance(error, MethodNotAllowedError) and incoming.method == "OPTIONS":
        # No CORS: other origins have no business here, their browsers may know which methods there are.
        headers = [*API_HEADERS, ("Allow", ", ".join(error.facts["allow"])), ("X-Request-Id", incoming.request_id)]
        return Outgoing(204, headers, [])
    told = translate(error)
    if isinstance(told, InternalError):
        _log.error("request_failed", exc_info=error)
    problem = problem_of(told, incoming.request_id)
    headers = [
        *API_HEADERS,
        ("X-Request-Id", incoming.request_id),
        ("Cache-Control", "no-store"),
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(problem.body))),
        *problem.headers.items(),
    ]
    return Outgoing(problem.status, headers, [] if incoming.method == "HEAD" else [problem.body], problem.code)
