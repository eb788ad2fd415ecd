"""Reads of receipts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, literal_column, or_, select

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.paging import Page, decode, page
from geo_assign.receipts.tables import decisions
from geo_assign.workorders.queries import find_work_order, get_work_order


class DecisionNotFoundError(NotFoundError):
    """There is no such decision here."""

    code = "decision_not_found"


@dataclass(frozen=True, slots=True)
class Decision:
    """A receipt as it was written; JSON members keep their shapes."""

    id: UUID
    work_order_id: UUID
    at: datetime
    mode: str
    outcome: str
    actor: Mapping[str, Any]
    chosen_technician_id: UUID | None
    query: Mapping[str, Any]
    policy: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    excluded: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Any]
    batch: Mapping[str, Any] | None


_FIELDS = tuple(Decision.__dataclass_fields__)


def get_decision(tx: Tx, scope: Scope, decision_id: UUID) -> Decision:
    """Raises DecisionNotFoundError, also when the work order is outside the scope."""
    row = tx.conn.execute(_select(tx).where(decisions.c.id == decision_id)).first()
    if row is None:
        raise DecisionNotFoundError
    decision = Decision(*row)
    if find_work_order(tx, scope, decision.work_order_id) is None:
        raise DecisionNotFoundError
    return decision


def list_decisions(
    tx: Tx, scope: Scope, work_order_id: UUID, *, limit: int, cursor: str | None = None
) -> Page[Decision]:
    """The receipts of a work order, oldest first."""
    get_work_order(tx, scope, work_order_id)
    d = decisions.c
    statement = _select(tx).where(d.work_order_id == work_order_id)
    if cursor is not None:
        at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(d.at > at, and_(d.at == at, d.id > last_id)))
    rows = [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at, d.id).limit(limit + 1))]
    return page(rows, limit, lambda decision: (decision.at.isoformat(), decision.id))


def list_automatic_decisions(tx: Tx, store_id: UUID, *, since: datetime, limit: int) -> list[Decision]:
    """What automation decided for a store since then, the newest first; a decision belongs to the store it asked of."""
    d = decisions.c
    statement = _select(tx).where(
        d.mode == literal_column("'automatic'"),
        d.at >= since,
        d.query["store_id"].astext == str(store_id),
        # Of an erased customer nobody knows any more where the question was.
        d.query["origin"].is_not(None),
        d.batch.is_(None),
    )
    return [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at.desc(), d.id.desc()).limit(limit))]


def list_batch(tx: Tx, batch_id: UUID) -> list[Decision]:
    """The receipts of orders that were solved together, in the order in which they were given."""
    d = decisions.c
    statement = _select(tx).where(d.batch.is_not(None), d.batch["id"].astext == str(batch_id))
    return [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at, d.id))]


def _select(tx: Tx) -> Select[Any]:
    return select(*(decisions.c[name] for name in _FIELDS)).where(decisions.c.org_id == tx.org_id)
