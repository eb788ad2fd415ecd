"""Reads of receipts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, or_, select

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.receipts.coarse import (
    list_recorded_coarse,
    list_technicians,
    naming_only,
    with_rounded_distances,
)
from geo_assign.receipts.domain import Decision, DecisionNotFoundError
from geo_assign.receipts.tables import decisions
from geo_assign.workforce.queries import list_seen_technicians
from geo_assign.workorders.queries import find_work_order, get_work_order
from geo_assign.workorders.queries.coarse import list_coarse

_FIELDS = tuple(Decision.__dataclass_fields__)


def get_decision(tx: Tx, scope: Scope, decision_id: UUID) -> Decision:
    """Raises DecisionNotFoundError, also when the work order is outside the scope."""
    rows = tx.fetch(_BY_ID, {"org_id": tx.org_id, "id": decision_id})
    if not rows:
        raise DecisionNotFoundError
    decision = Decision(*rows[0])
    if find_work_order(tx, scope, decision.work_order_id) is None:
        raise DecisionNotFoundError
    return decision


def list_shown_coarsely(tx: Tx, scope: Scope, decisions: Sequence[Decision]) -> set[UUID]:
    """The technicians whose distances in these receipts the caller may know to a hundred metres only.

    Those who were shown coarsely when a receipt was written, and those whom the caller may see only coarsely now.
    """
    technician_ids = {one for decision in decisions for one in list_technicians(decision)}
    recorded = {one for decision in decisions for one in list_recorded_coarse(decision)}
    return recorded | list_coarse(tx, scope, technician_ids)


def show_decisions(tx: Tx, scope: Scope, decisions: Sequence[Decision]) -> list[Decision]:
    """The receipts as the caller may read them.

    They name the technicians of whom `why` tells this caller; distances of those who are shown coarsely are rounded.
    """
    told = _only_seen(tx, scope, decisions)
    coarse = list_shown_coarsely(tx, scope, told)
    return [with_rounded_distances(decision, coarse) for decision in told]


def _only_seen(tx: Tx, scope: Scope, decisions: Sequence[Decision]) -> Sequence[Decision]:
    if scope.everything:
        return decisions
    named = {one for decision in decisions for one in list_technicians(decision)}
    seen = list_seen_technicians(tx, scope, named)
    return [naming_only(decision, seen) for decision in decisions]


def list_decisions(
    tx: Tx, scope: Scope, work_order_id: UUID, *, limit: int, cursor: str | None = None
) -> Page[Decision]:
    """The receipts of a work order, oldest first."""
    get_work_order(tx, scope, work_order_id)
    d = decisions.c
    statement = _select(tx.org_id).where(d.work_order_id == work_order_id)
    if cursor is not None:
        at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(d.at > at, and_(d.at == at, d.id > last_id)))
    rows = [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at, d.id).limit(limit + 1))]
    return page(rows, limit, lambda decision: (decision.at.isoformat(), decision.id))


def list_automatic_decisions(tx: Tx, store_id: UUID, *, since: datetime, limit: int) -> list[Decision]:
    """What automation decided for a store since then, the newest first; a decision belongs to the store it asked of."""
    d = decisions.c
    statement = _select(tx.org_id).where(
        d.mode == word("automatic"),
        d.at >= since,
        d.query["store_id"].astext == str(store_id),
        # Of an erased customer it is no longer known where the question was.
        d.query["origin"].is_not(None),
        d.batch.is_(None),
    )
    return [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at.desc(), d.id.desc()).limit(limit))]


def list_batch(tx: Tx, batch_id: UUID) -> list[Decision]:
    """The receipts of orders that were solved together, in the order in which they were given."""
    d = decisions.c
    statement = _select(tx.org_id).where(d.batch.is_not(None), d.batch["id"].astext == str(batch_id))
    return [Decision(*row) for row in tx.conn.execute(statement.order_by(d.at, d.id))]


def _select(org_id: ColumnElement[UUID] | UUID) -> AnySelect:
    return select(*(decisions.c[name] for name in _FIELDS)).where(decisions.c.org_id == org_id)


_ASKED = Parameters(org_id=Uuid(), id=Uuid())
_BY_ID = Statement.of_columns(_select(_ASKED.org_id).where(decisions.c.id == _ASKED.id))
