"""What a store's router would have told of drives that have ended, for its factors to be learned."""

from datetime import timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Database, Tx
from geo_assign.core.deadlines import Deadline
from geo_assign.routing.choosing import find_router
from geo_assign.routing.domain import Drive, RouterChoice
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands.drives import note_routed_drive
from geo_assign.workorders.queries.drives import EndedDrive, list_drives_without

# A router that was down for less is asked about the drives of that time, too.
_LOOKED_BACK = timedelta(days=1)
_AT_ONCE = 200


def ask_about_drives(
    database: Database, finder: DriveFinder, org_id: UUID, store_id: UUID, *, deadline: Deadline
) -> None:
    """Ask the store's router about its latest drives, one after the other, until `deadline` or the first failure.

    No transaction is open meanwhile. What was not told is asked again when the store has further drives.
    """
    wanted = database.run(org_id, lambda tx: _find_wanted(tx, store_id))
    if wanted is None:
        return
    rules, router, ended = wanted
    told: list[tuple[EndedDrive, Drive]] = []
    for drive in ended:
        if deadline.passed:
            break
        within = Deadline(min(router.deadline_s, deadline.remaining_s()))
        answer = finder.ask_drives(router, [drive.begins], drive.ends, deadline=within)
        if answer.problem is not None and (answer.problem.is_of_router or answer.problem.is_transient):
            break
        told += [(drive, cell) for cell in answer.drives if isinstance(cell, Drive)]

    def note(tx: Tx) -> None:
        for drive, cell in told:
            note_routed_drive(tx, rules, drive, router.name.value, cell.seconds)

    database.run(org_id, note)


def _find_wanted(tx: Tx, store_id: UUID) -> tuple[StoreRules, RouterChoice, list[EndedDrive]] | None:
    rules = get_store_rules(tx, EVERYTHING, store_id)
    router = find_router(tx.org_id, rules)
    if router is None:
        return None
    since = tx.now() - _LOOKED_BACK
    return rules, router, list_drives_without(tx, store_id, router.name.value, since=since, limit=_AT_ONCE)
