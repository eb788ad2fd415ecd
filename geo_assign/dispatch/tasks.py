"""Due rows: offers past their deadline, orders to evaluate, addresses to geocode.

A sweep lists what is due across organizations with the worker's role, which may only look; each row is then worked on
in a transaction of its own organization with the application's role. Two workers may list the same row: the lock and
the row's state decide who does it, the other finds nothing to do.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import TextClause, text

from geo_assign.core.db import Database
from geo_assign.dispatch.flows import DispatchService

_AT_ONCE = 200

_OVERDUE_OFFERS = text(
    "SELECT org_id, id FROM offers WHERE state = 'offered' AND expires_at <= clock_timestamp() "
    "ORDER BY expires_at LIMIT :at_once"
)
_DUE_EVALUATIONS = text(
    "SELECT org_id, id FROM work_orders WHERE evaluate_due_at <= clock_timestamp() "
    "ORDER BY priority DESC, created_at LIMIT :at_once"
)
_DUE_GEOCODING = text(
    "SELECT org_id, id FROM work_orders WHERE geocode_due_at <= clock_timestamp() "
    "ORDER BY geocode_due_at LIMIT :at_once"
)

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


def _list(worker: Database, statement: TextClause) -> Due:
    with worker.across_organizations() as conn:
        return [(row.org_id, row.id) for row in conn.execute(statement, {"at_once": _AT_ONCE})]
