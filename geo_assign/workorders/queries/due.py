"""What the worker takes up: rows whose deadline has passed, across organizations.

Read with the worker's role, which may only look; each row is then worked on in a transaction of its own organization.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select

from geo_assign.core.db import Database
from geo_assign.core.expressions import word
from geo_assign.workorders.domain import OfferState
from geo_assign.workorders.tables import offers, work_orders

_AT_ONCE = 200

_o, _w, _now = offers.c, work_orders.c, func.clock_timestamp()
_OVERDUE_OFFERS = (
    select(_o.org_id, _o.id)
    .where(_o.state == word(OfferState.OFFERED), _o.expires_at <= _now)
    .order_by(_o.expires_at)
    .limit(_AT_ONCE)
)
_DUE_EVALUATIONS = (
    select(_w.org_id, _w.id)
    .where(_w.evaluate_due_at <= _now)
    .order_by(_w.priority.desc(), _w.created_at)
    .limit(_AT_ONCE)
)
_DUE_GEOCODING = select(_w.org_id, _w.id).where(_w.geocode_due_at <= _now).order_by(_w.geocode_due_at).limit(_AT_ONCE)

Due = Sequence[tuple[UUID, UUID]]
"""(org_id, id) of each row."""


def list_overdue_offers(worker: Database) -> Due:
    """Offers whose time to answer is over, the longest overdue first."""
    return _list(worker, _OVERDUE_OFFERS)


def list_due_evaluations(worker: Database) -> Due:
    """Work orders to evaluate again: by priority, then oldest first."""
    return _list(worker, _DUE_EVALUATIONS)


def list_due_geocoding(worker: Database) -> Due:
    """Work orders whose address is to be geocoded, the longest due first."""
    return _list(worker, _DUE_GEOCODING)


def _list(worker: Database, statement: Select[UUID, UUID]) -> Due:
    with worker.across_organizations() as conn:
        return [(row.org_id, row.id) for row in conn.execute(statement)]
