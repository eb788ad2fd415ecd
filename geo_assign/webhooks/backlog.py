"""How many events and deliveries wait, over all organizations, for the operator's metrics."""

from dataclasses import dataclass

from sqlalchemy import Connection, ScalarSelect, Table, func, select

from geo_assign.core.expressions import word
from geo_assign.core.outbox import outbox
from geo_assign.core.rows import AnyColumn
from geo_assign.webhooks.domain import DeliveryState
from geo_assign.webhooks.tables import webhook_deliveries

COUNTED_TO = 10_000


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    """Events that are not yet handed to those who listen, and deliveries on their way; both up to `COUNTED_TO`."""

    events: int
    deliveries: int


def _some(table: Table, column: AnyColumn, condition: AnyColumn) -> ScalarSelect[int]:
    first = select(column).select_from(table).where(condition).limit(COUNTED_TO).subquery()
    return select(func.count()).select_from(first).scalar_subquery()


BACKLOG = select(
    _some(outbox, outbox.c.org_id, outbox.c.delivered_at.is_(None)).label("events"),
    _some(
        webhook_deliveries,
        webhook_deliveries.c.created_at,
        webhook_deliveries.c.state == word(DeliveryState.WAITING),
    ).label("deliveries"),
)


def count_backlog(conn: Connection) -> WebhookBacklog:
    """Read with the worker's role, from the partial indexes of what waits."""
    row = conn.execute(BACKLOG).one()
    return WebhookBacklog(events=row.events, deliveries=row.deliveries)
