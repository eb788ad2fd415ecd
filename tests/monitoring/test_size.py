"""A scrape stays small, whatever happens and however many organizations there are."""

from collections.abc import Iterator

import pytest

from geo_assign import figures
from geo_assign.access import mailing
from geo_assign.app import list_operations
from geo_assign.core import db, lanes, telemetry
from geo_assign.core.trouble import _BY_CLASS
from geo_assign.geocoding import geocoder
from geo_assign.geocoding.domain import ProblemCode
from geo_assign.geocoding.providers import PROVIDERS
from geo_assign.http import accounting, health  # noqa: F401 - their metrics count, too
from geo_assign.http.problems import status_of
from geo_assign.positions import grouping
from geo_assign.positions.domain import PingRefusal
from geo_assign.routing import finder
from geo_assign.routing.domain import RoutingProblemCode
from geo_assign.routing.routers import ROUTERS
from geo_assign.webhooks import delivery
from geo_assign.webhooks.domain import Fault
from geo_assign.worker import _THREADS
from geo_assign.workorders.domain import PendingReason
from tests.docs.test_problems import every_error

MOST_BYTES = 40_000
LABELS = {
    "by", "code", "event", "format", "kind", "lane", "outcome", "pool", "position_age", "provider", "quota", "reason",
    "sqlstate", "state", "status", "tag", "task", "trouble", "verdict", "version",
}  # fmt: skip
REMOTE = [name.value for name, spec in ROUTERS.items() if spec.is_remote]
OUTCOMES = ("delivered", "sent", "gone", "refused", "timeout", "unreachable", "too_large", "failed")


def touch_requests() -> None:
    for tag in {operation.tag for operation in list_operations()} | {"-"}:
        for status in (200, 304, 404, 500):
            accounting._counter(tag, status)
    for status in {status_of(error) for error in every_error()}:
        accounting._problems.labels(str(status))
    for lane in {operation.lane for operation in list_operations()}:
        accounting._observer(lane)(0.1)
        accounting._shed.labels(lane.name.lower())
    for number, state in enumerate(sorted(_BY_CLASS)):
        accounting._failures.labels("unavailable", f"trouble_{number}", f"{state}xxx")


def touch_business() -> None:
    for reason in PingRefusal:
        grouping._POSITIONS.labels("rejected", reason.value)
    for provider in PROVIDERS:
        geocoder._CALL_S.labels(provider)
        for code in ("found", "kept", *(code.value for code in ProblemCode)):
            geocoder._ANSWERS.labels(provider, code)
    for router in REMOTE:
        finder._TABLE_S.labels(router)
        for code in ("told", *(code.value for code in RoutingProblemCode)):
            finder._TABLES.labels(router, code)
    for fault in Fault:
        delivery._ATTEMPTS.labels(str(fault.value))
    for outcome in OUTCOMES:
        telemetry.push_attempts.labels(outcome)
        mailing._ATTEMPTS.labels(outcome)


def touch_worker() -> None:
    for lane in (*_THREADS, "webhooks", "figures", "housekeeping", "push", "mail"):
        lanes._STEP_S.labels(lane).observe(1)
        lanes._LAG_S.labels(lane)
    for number in range(15):
        lanes._FAILURES.labels(f"a_task_of_the_worker_{number}")
    for reason in PendingReason:
        figures._PENDING.labels(reason.value)
    for kind in ("offer_expiry", "evaluation", "geocoding"):
        figures._OVERDUE.labels(kind)
        figures._OVERDUE_S.labels(kind)
    for pool in ("application", "worker", "deadlines"):
        db._IN_USE.labels(pool)
        db._MOST.labels(pool)
    telemetry.build_info.labels("10.20.30")


@pytest.fixture
def everything_touched() -> Iterator[None]:
    """Every metric has every value of its labels; the requests' are taken back, as other tests count them.

    Nor are failures counted that other tests left: those here stand for as many as a service has.
    """
    failures = accounting._failures, lanes._FAILURES
    for metric in failures:
        metric.clear()
    touch_requests()
    touch_business()
    touch_worker()
    yield
    for metric in failures:
        metric.clear()


def test_a_scrape_with_everything_touched_is_small(everything_touched: None) -> None:
    told = telemetry.exposition()
    assert len(told) < MOST_BYTES
    assert b"_created" not in told


def test_labels_take_few_values_and_name_no_tenant() -> None:
    assert {label for labels in telemetry.labels_by_name.values() for label in labels} <= LABELS


def test_names_follow_the_conventions_of_prometheus() -> None:
    for metric in telemetry.registry.collect():
        assert metric.documentation.endswith(".")
        assert not metric.name.endswith(("_ms", "_minutes", "_count", "_sum", "_bucket", "_total"))
        assert not set(metric.name.removeprefix("geo_assign_").split("_")) & {"milliseconds", "minutes", "hours", "km"}
        if metric.type in {"histogram", "summary"}:
            assert metric.name.endswith("_seconds"), metric.name
