"""Solving many work orders together, for a dispatcher who asks and for leads that were collected.

Who can go is read in one transaction, the solving holds none, and each pair is given in one of its own. A technician
who was taken meanwhile is lost to the batch, and told; the other pairs stand.
"""

from dataclasses import replace
from uuid import UUID

from geo_assign.access.domain import Caller, system_caller
from geo_assign.core.db import Database, Tx
from geo_assign.core.idempotency import Attempt, claim
from geo_assign.core.ids import new_id
from geo_assign.dispatch.commands.collecting import take_collected
from geo_assign.dispatch.commands.optimizing import (
    BatchRequest,
    Chosen,
    Gathered,
    Lost,
    gather,
    give_chosen,
)
from geo_assign.dispatch.solved import Alone, Optimized, Pair, Totals, as_shown, note_of, technicians_of
from geo_assign.dispatch.solving import solve_gathered
from geo_assign.receipts.domain import BatchEntry, Decision
from geo_assign.receipts.queries import list_batch, list_shown_coarsely
from geo_assign.routing.finder import DriveFinder
from geo_assign.workorders.queries import find_work_order


def optimize(
    database: Database,
    caller: Caller,
    wanted: BatchRequest,
    *,
    attempt: Attempt | None = None,
    finder: DriveFinder | None = None,
) -> tuple[Optimized, bool]:
    """Solve the wanted orders together and give them out.

    Returns what came of it, and whether an earlier attempt had done so: then what that one gave. What tells a distance
    of technicians who are shown coarsely is rounded; the choice follows the exact ones. Raises as `gather` does, and
    KeyReusedError.
    """
    batch_id = new_id()

    def begin(tx: Tx) -> Gathered | Optimized:
        earlier = claim(tx, attempt, batch_id) if attempt is not None else None
        return gather(tx, caller, wanted) if earlier is None else read_given(tx, caller, earlier)

    begun = database.run(caller.org_id, begin)
    if isinstance(begun, Optimized):
        return as_shown(begun), True
    return as_shown(give_out(database, caller, solve_gathered(database, caller, begun, batch_id, finder))), False


def solve_wanted(
    database: Database, caller: Caller, wanted: BatchRequest, *, finder: DriveFinder | None = None
) -> Optimized:
    """Solve the wanted orders together, with exact distances; changes nothing. Raises as `gather` does.

    Without `finder` by straight line, whatever the stores want.
    """
    gathered = database.run(caller.org_id, lambda tx: gather(tx, caller, wanted))
    return solve_gathered(database, caller, gathered, new_id(), finder)


def give_out(database: Database, caller: Caller, found: Optimized) -> Optimized:
    """Give each pair in a transaction of its own, at the distance of that moment; those that cannot be are lost."""

    def give(pair: Pair) -> Pair:
        given = database.run(caller.org_id, lambda tx: give_chosen(tx, caller, pair.chosen))
        return replace(pair, lost=given) if isinstance(given, Lost) else replace(pair, chosen=given)

    pairs = tuple(give(pair) for pair in found.pairs)
    coarse = {pair.chosen.technician_id for pair in pairs if pair.chosen.coarse} | set(found.coarse)
    return replace(found, pairs=pairs, coarse=coarse, committed=True)


def read_given(tx: Tx, caller: Caller, batch_id: UUID) -> Optimized:
    """What a batch gave, from its receipts; what it could not give is not kept."""
    given = list_batch(tx, batch_id)
    pairs = [pair for decision in given if (pair := _as_given(tx, caller, decision)) is not None]
    batch = given[0].batch if given else None
    totals = _totals(batch) if batch else Totals()
    routing = note_of(batch.get("routing")) if batch else None
    coarse = list_shown_coarsely(tx, caller.scope, given) & technicians_of(pairs)
    return Optimized(batch_id, tx.now(), tuple(pairs), (), totals, coarse, committed=True, routing=routing)


def _totals(batch: BatchEntry) -> Totals:
    return Totals(
        orders=batch["orders"],
        assigned=batch["assigned"],
        optimal_m=batch["optimal_m"],
        bound_assigned=batch.get("bound_assigned"),
        bound_m=batch.get("bound_m"),
        greedy_assigned=batch["greedy_assigned"],
        greedy_m=batch["greedy_m"],
        truncated=batch["truncated"],
        more=batch["more"],
        optimal_s=batch.get("optimal_s"),
        bound_s=batch.get("bound_s"),
        greedy_s=batch.get("greedy_s"),
    )


def _as_given(tx: Tx, caller: Caller, decision: Decision) -> Pair | None:
    order = find_work_order(tx, caller.scope, decision.work_order_id)
    batch = decision.batch
    if order is None or batch is None or decision.chosen_technician_id is None:
        return None
    told = batch["chosen"]
    greedy = batch["greedy"]
    alone = None
    if greedy is not None:
        alone = Alone(UUID(greedy["technician_id"]), greedy["distance_m"], drive_s=greedy.get("drive_s"))
    chosen = Chosen(
        order=order,
        technician_id=decision.chosen_technician_id,
        name=told["name"],
        distance_m=told["distance_m"],
        as_offer=decision.outcome == "offered",
        batch=batch,
        drive_s=told.get("drive_s"),
    )
    return Pair(chosen, alone)


def solve_collected(
    database: Database, org_id: UUID, store_id: UUID, *, finder: DriveFinder | None = None
) -> list[UUID]:
    """Solve what a store collected, if its window is closed, and give it out.

    Returns those orders: evaluate each by itself, for those without a technician and for parallel offers.
    Dying in between leaves due rows.
    """
    taken = database.run(org_id, lambda tx: take_collected(tx, store_id))
    if not taken:
        return []
    caller = system_caller(org_id)
    wanted = BatchRequest(work_order_ids=tuple(taken), explain=False)
    gathered = database.run(org_id, lambda tx: gather(tx, caller, wanted))
    give_out(database, caller, solve_gathered(database, caller, gathered, new_id(), finder))
    return taken
