"""Background steps of dispatch: each works on a due row, evaluation on a handful, but for the sweep of what ran out.

Any number of processes may take up the same row: the lock and the row's state decide which one does it, the other finds
nothing to do. None of these evaluates a work order but `evaluate`: what the others leave is due for it.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from geo_assign.core.db import Database
from geo_assign.core.deadlines import Deadline
from geo_assign.dispatch.commands.previewing import delete_old_previews
from geo_assign.dispatch.flows import DispatchService
from geo_assign.dispatch.freed import FreedTechnicians
from geo_assign.dispatch.routed_drives import ask_about_drives
from geo_assign.routing.finder import DriveFinder
from geo_assign.workorders.commands.drives import calibrate_store, delete_old_drives
from geo_assign.workorders.queries.drives import list_stores_to_calibrate

# The routers of all stores together: housekeeping has other things to do.
_ROUTERS_FOR_S = 30.0


def close_overdue(dispatch: DispatchService, freed: FreedTechnicians, org_id: UUID, store_id: UUID) -> bool:
    """Close a set of a store's overdue offers, and note who became free; whether there are more."""
    done = dispatch.close_overdue(org_id, store_id)
    freed.add(org_id, done.freed)
    return done.is_full


def wake(dispatch: DispatchService, freed: FreedTechnicians, org_id: UUID, technician_id: UUID) -> None:
    """Try a technician who became free for a few orders, or again later."""
    if freed.is_put_off(org_id):
        return
    freed.take(org_id, technician_id)
    if not dispatch.wake_for_freed(org_id, technician_id):
        freed.put_off(org_id, technician_id)


def geocode(dispatch: DispatchService, org_id: UUID, order_id: UUID) -> None:
    """Find an order's address."""
    dispatch.locate(org_id, order_id, evaluate_later=True)


def evaluate(dispatch: DispatchService, org_id: UUID, order_ids: Sequence[UUID]) -> None:
    """Look for a technician for each, or for those who are missing."""
    dispatch.evaluate_all_due(org_id, order_ids)


def sweep_old_previews(database: Database) -> int:
    """Delete previews of batches that ran out; returns how many, at most a thousand at a time."""
    with database.across_organizations() as conn:
        return delete_old_previews(conn)


def calibrate_etas(worker: Database, application: Database, finder: DriveFinder | None = None) -> int:
    """Learn how long drives really take, for each store with new ones; returns for how many stores.

    A store's router is asked what it would have told, with no transaction open; without `finder` none is.
    """
    with worker.across_organizations() as conn:
        delete_old_drives(conn, now=worker.clock.now(conn))
        due = list_stores_to_calibrate(conn)
    deadline = Deadline(_ROUTERS_FOR_S)
    for org_id, store_id in due:
        if finder is not None:
            ask_about_drives(application, finder, org_id, store_id, deadline=deadline)
        application.run(org_id, partial(calibrate_store, store_id=store_id))
    return len(due)
