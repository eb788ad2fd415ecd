"""Due rows: offers past their deadline, orders to evaluate, addresses to geocode.

A sweep lists what is due across organizations with the worker's role, which may only look; each row is then worked on
in a transaction of its own organization with the application's role. Two workers may list the same row: the lock and
the row's state decide who does it, the other finds nothing to do.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select

from geo_assign.core.db import Database
from geo_assign.core.expressions import word
from geo_assign.dispatch.flows import DispatchService
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


def list_overdue_offers(worker: Database) -> Due:
    """(org_id, offer_id) of offers whose time is over, the longest overdue first."""
    return _list(worker, _OVERDUE_OFFERS)


def list_due_evaluations(worker: Database) -> Due:
    """(org_id, work_order_id) of orders to look at again: by priority, then oldest first."""
    return _list(worker, _DUE_EVALUATIONS)


def list_due_geocoding(worker: Database) -> Due:
    """(org_id, work_order_id) of orders whose address is to be found."""
    return _list(worker, _DUE_GEOCODING)


def geocode_and_evaluate(dispatch: DispatchService, org_id: UUID, order_id: UUID) -> None:
    """Find an order's address, then evaluate it."""
    dispatch.locate(org_id, order_id)
    dispatch.evaluate(org_id, order_id)


def _list(worker: Database, statement: Select[UUID, UUID]) -> Due:
    with worker.across_organizations() as conn:
        return [(row.org_id, row.id) for row in conn.execute(statement)]
