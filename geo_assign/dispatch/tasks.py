"""The worker's step for a work order that is due to be geocoded.

Offers past their deadline and orders to evaluate need no step of their own: the worker calls `DispatchService`. Two
workers may take up the same row: the lock and the row's state decide which one does it, the other finds nothing to do.
"""

from uuid import UUID

from geo_assign.dispatch.flows import DispatchService


def geocode_and_evaluate(dispatch: DispatchService, org_id: UUID, order_id: UUID) -> None:
    """Find an order's address, then evaluate it."""
    dispatch.locate(org_id, order_id)
    dispatch.evaluate(org_id, order_id)
