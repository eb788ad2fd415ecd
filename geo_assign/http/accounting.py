"""A log line and metrics for every request of the API."""

import time
from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus

import flask

from geo_assign.core.telemetry import counter, get_logger, histogram
from geo_assign.core.trouble import SeenTrouble
from geo_assign.http.errors import OverloadedError
from geo_assign.http.operations import Lane, Operation
from geo_assign.http.paths import template_of
from geo_assign.http.request import Request, current_request
from geo_assign.http.response import Response

PREFIX = "/v1/"
_NO_ROUTE = "-"
# By part of the API and class of status, not by operation and status: the log has those, a scrape would be 40 kB.
_requests = counter("http_requests", "Requests answered, by part of the API and class of status.", ("tag", "status"))
_problems = counter("http_problems", "Answers that are a problem, by status.", ("status",))
_seconds = histogram("http_request_seconds", "Time to answer, until the first byte of a stream.", ("lane",))
_shed = counter("http_shed", "Requests turned away because there was too much to do.", ("lane",))
_failures = counter(
    "http_failures",
    "Answers with 5xx, by problem, kind of trouble and SQLSTATE.",
    ("code", "trouble", "sqlstate"),
)
_log = get_logger()


def keep_account(app: flask.Flask) -> None:
    """Count and log the requests that `app` answers under /v1."""
    app.after_request(_account)


def count_turned_away(operation: Operation, status: int) -> None:
    """Count a request that was answered before the application saw it."""
    for count in _counters_of_turned_away(operation.tag, operation.lane, status):
        count()


def _account(response: flask.Response) -> flask.Response:
    request = current_request()
    if request.path.startswith(PREFIX):
        code = response.problem_code if isinstance(response, Response) else None
        trouble = response.trouble if isinstance(response, Response) else None
        _count(request, response.status_code, code, trouble)
    return response


def _count(request: Request, status: int, code: str | None, trouble: SeenTrouble | None) -> None:
    seconds = time.perf_counter() - request.begun_s
    operation, caller = request.operation, request.caller
    lane = operation.lane if operation is not None else Lane.ORDINARY
    _counter(operation.tag if operation is not None else _NO_ROUTE, status)()
    if operation is not None:
        _observer(lane)(seconds)
    if code is not None:
        _problems.labels(str(status)).inc()
    if code == OverloadedError.code:
        _shed.labels(lane.name.lower()).inc()
    failed = {}
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, sqlstate = ("none", "none") if trouble is None else (trouble.trouble.kind, trouble.label)
        _failures.labels(code or "none", kind, sqlstate).inc()
        failed = {"trouble": kind, "sqlstate": sqlstate}
    (_log.warning if failed else _log.info)(
        "request",
        request_id=request.request_id,
        method=request.method,
        route=template_of(operation.path) if operation is not None else _NO_ROUTE,
        status=status,
        code=code,
        duration_ms=round(seconds * 1000, 2),
        org_id=None if caller is None else str(caller.org_id),
        caller=None if caller is None else caller.kind.value,
        **failed,
    )


@cache
def _counter(tag: str, status: int) -> Callable[[], None]:
    return _requests.labels(tag, f"{status // 100}xx").inc


@cache
def _counters_of_turned_away(tag: str, lane: Lane, status: int) -> Sequence[Callable[[], None]]:
    return _counter(tag, status), _problems.labels(str(status)).inc, _shed.labels(lane.name.lower()).inc


@cache
def _observer(lane: Lane) -> Callable[[float], None]:
    return _seconds.labels(lane.name.lower()).observe
