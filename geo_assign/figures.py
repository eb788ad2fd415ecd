"""Gauges of the business that need the database: read by the worker at intervals, never by a scrape.

Each statement reads from a partial index and stops counting at a bound, so that measuring a backlog adds nothing to it.
"""

from sqlalchemy import Connection

from geo_assign.core.db import Database
from geo_assign.core.telemetry import gauge
from geo_assign.positions.tasks import count_position_ages
from geo_assign.webhooks.backlog import count_backlog
from geo_assign.workorders.queries.backlog import count_pending, list_overdue

EVERY_S = 15.0
_PENDING = gauge("pending_work_orders", "Work orders that are pending, by reason.", ("reason",))
_OVERDUE = gauge("overdue_deadlines", "Deadlines that have passed and wait for the worker, by kind.", ("kind",))
_OVERDUE_S = gauge("overdue_seconds", "Time since the first of the overdue deadlines passed, by kind.", ("kind",))
_ON_DUTY = gauge("technicians_on_duty", "Technicians on duty, by the age of their last position.", ("position_age",))
_EVENTS = gauge("outbox_waiting_events", "Events that are not yet handed to those who listen.")
_DELIVERIES = gauge("webhook_waiting_deliveries", "Deliveries to webhooks that are on their way.")
_TAKEN_AT = gauge("figures_timestamp_seconds", "When the worker last read the figures of the database, in Unix time.")


def take_figures(worker: Database) -> None:
    """Read what waits, with the worker's role, and set the gauges."""
    with worker.across_organizations() as conn:
        _set(conn, worker)


def _set(conn: Connection, worker: Database) -> None:
    now = worker.clock.now(conn)
    for reason, number in count_pending(conn).items():
        _PENDING.labels(reason).set(number)
    for kind, (number, oldest_s) in list_overdue(conn, now).items():
        _OVERDUE.labels(kind).set(number)
        _OVERDUE_S.labels(kind).set(oldest_s)
    for age, number in count_position_ages(conn, now).items():
        _ON_DUTY.labels(age).set(number)
    backlog = count_backlog(conn)
    _EVENTS.set(backlog.events)
    _DELIVERIES.set(backlog.deliveries)
    _TAKEN_AT.set(now.timestamp())
