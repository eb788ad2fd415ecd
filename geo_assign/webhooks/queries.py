"""Reads of webhooks and of their log."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Double, Uuid, cast, extract, func, literal, or_, select, true, tuple_

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.outbox import outbox
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.webhooks.domain import Delivery, DeliveryAttempt, DeliveryState, Webhook
from geo_assign.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_secrets, webhooks
from geo_assign.workorders.domain import without_strangers


def sees_webhook(scope: Scope) -> ColumnElement[bool]:
    """All of the organization's, or those that tell of nothing but the caller's stores."""
    if scope.everything:
        return true()
    return webhooks.c.store_ids.op("<@", is_comparison=True)(literal(sorted(scope.store_ids), ARRAY(Uuid())))


def get_webhook(tx: Tx, scope: Scope, webhook_id: UUID) -> Webhook:
    """Raises NotFoundError."""
    w = webhooks.c
    of_it = (w.org_id == tx.org_id, w.id == webhook_id, sees_webhook(scope))
    row = tx.conn.execute(select(webhooks).where(*of_it)).first()
    if row is None:
        raise NotFoundError
    return to_webhook(row)


def list_webhooks(tx: Tx, scope: Scope, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Webhook]:
    """The webhooks that a caller may see, oldest first."""
    w = webhooks.c
    statement = select(webhooks).where(w.org_id == tx.org_id, sees_webhook(scope))
    statement = statement.order_by(w.created_at, w.id).limit(limit + 1)
    if cursor is not None:
        last = (literal(value) for value in decode(cursor, datetime.fromisoformat, UUID))
        statement = statement.where(tuple_(w.created_at, w.id) > tuple_(*last))
    found = [to_webhook(row) for row in tx.conn.execute(statement)]
    return page(found, limit, lambda webhook: (webhook.created_at.isoformat(), webhook.id))


def list_valid_secrets(tx: Tx, webhook_id: UUID, *, at: datetime) -> Sequence[bytes]:
    """The encrypted secrets that sign at `at`, the present one first."""
    s = webhook_secrets.c
    statement = (
        select(s.secret_encrypted)
        .where(s.org_id == tx.org_id, s.webhook_id == webhook_id, or_(s.expires_at.is_(None), s.expires_at > at))
        .order_by(s.created_at.desc(), s.id.desc())
    )
    return tx.conn.execute(statement).scalars().all()


def get_delivery(tx: Tx, scope: Scope, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """A delivery of this webhook with its attempts. Raises NotFoundError."""
    get_webhook(tx, scope, webhook_id)
    d = webhook_deliveries.c
    statement = select(webhook_deliveries).where(d.org_id == tx.org_id, d.webhook_id == webhook_id, d.id == delivery_id)
    row = tx.conn.execute(statement).first()
    if row is None:
        raise NotFoundError
    return _with_attempts(tx, [row])[0]


def list_deliveries(
    tx: Tx,
    scope: Scope,
    webhook_id: UUID,
    *,
    states: Collection[DeliveryState] = (),
    events: Collection[str] = (),
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[Delivery]:
    """A webhook's log, newest first. Raises NotFoundError for a webhook that is not there."""
    get_webhook(tx, scope, webhook_id)
    d = webhook_deliveries.c
    statement = (
        select(webhook_deliveries)
        .where(d.org_id == tx.org_id, d.webhook_id == webhook_id)
        .order_by(d.sequence.desc())
        .limit(limit + 1)
    )
    if states:
        statement = statement.where(d.state.in_(states))
    if events:
        statement = statement.where(d.event_type.in_(events))
    if cursor is not None:
        statement = statement.where(d.sequence < decode(cursor, int)[0])
    rows = page(tx.conn.execute(statement).all(), limit, lambda row: (row.sequence,))
    return Page(_with_attempts(tx, rows.items), rows.next_cursor)


def to_webhook(row: ResultRow) -> Webhook:
    """A webhook from a row of the table."""
    return Webhook(
        id=row.id,
        url=row.url,
        description=row.description,
        events=None if row.events is None else tuple(row.events),
        active=row.active,
        disabled_because=row.disabled_because,
        failures=row.failures,
        opened_until=row.opened_until,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        store_ids=None if row.store_ids is None else tuple(row.store_ids),
    )


def _with_attempts(tx: Tx, rows: Sequence[ResultRow]) -> list[Delivery]:
    a = webhook_attempts.c
    statement = (
        select(webhook_attempts)
        .where(a.org_id == tx.org_id, a.delivery_id.in_([row.id for row in rows]))
        .order_by(a.delivery_id, a.number)
    )
    attempts: dict[UUID, list[DeliveryAttempt]] = defaultdict(list)
    for row in tx.conn.execute(statement) if rows else ():
        attempts[row.delivery_id].append(
            DeliveryAttempt(row.number, row.at, row.duration_ms, row.status_code, row.error, response=row.response)
        )
    return [_to_delivery(row, attempts[row.id]) for row in rows]


def _to_delivery(row: ResultRow, attempts: Sequence[DeliveryAttempt]) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event_type=row.event_type,
        subject_id=row.subject_id,
        state=DeliveryState(row.state),
        data=without_strangers(row.data),
        occurred_at=row.occurred_at,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        expires_at=row.expires_at,
        finished_at=row.finished_at,
        last_error=row.last_error,
        attempts=tuple(attempts),
    )


def waiting_events() -> AnySelect:
    """A statement over all organizations: seconds that the oldest event has waited, and deliveries given up."""
    o, d = outbox.c, webhook_deliveries.c
    age_s = cast(extract("epoch", func.clock_timestamp() - func.min(o.created_at)), Double)
    oldest = select(func.coalesce(age_s, 0.0).label("waiting_s")).where(o.delivered_at.is_(None)).subquery("oldest")
    given_up = select(func.count().label("dead")).where(d.state == DeliveryState.DEAD).subquery("given_up")
    return select(oldest.c.waiting_s, given_up.c.dead).select_from(oldest.join(given_up, true()))
