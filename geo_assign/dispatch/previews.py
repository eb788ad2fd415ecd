"""Showing a batch before it is given out, and giving out what was shown.

A preview is kept as a row of ids, metres and counts. Giving it out solves nothing again: each pair is judged as it is
now, and where the order is not what was shown, or its technician cannot go any more, the pair is lost and told why.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Database, Tx
from geo_assign.core.idempotency import Attempt, claim
from geo_assign.core.wire import Json
from geo_assign.dispatch.batches import give_out, read_given, solve_wanted
from geo_assign.dispatch.commands.optimizing import BatchRequest, Chosen, Left, left_again, shown_of
from geo_assign.dispatch.commands.previewing import KeptPreview, get_preview, keep_preview
from geo_assign.dispatch.solved import Alone, Optimized, Pair, Totals, as_shown, note_of
from geo_assign.routing.domain import RouterName
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.queries import list_technician_names
from geo_assign.workorders.domain import WorkOrder
from geo_assign.workorders.queries import list_work_orders_by_id
from geo_assign.workorders.queries.coarse import list_coarse


def preview(
    database: Database, caller: Caller, wanted: BatchRequest, *, finder: DriveFinder | None = None
) -> Optimized:
    """Solve the wanted orders and keep what is shown, to be given out by its id. Raises as `gather` does."""
    found = solve_wanted(database, caller, wanted, finder=finder)
    plan = _plan_of(found)
    expires_at = database.run(caller.org_id, lambda tx: keep_preview(tx, caller, found.id, plan))
    return as_shown(replace(found, expires_at=expires_at))


def give_out_preview(
    database: Database, caller: Caller, preview_id: UUID, *, attempt: Attempt | None = None
) -> tuple[Optimized, bool]:
    """Give out what the caller was shown, pair by pair; what it gave already stays given.

    Returns what came of it, and whether an earlier attempt had done so. Raises PreviewNotFoundError, KeyReusedError.
    """

    def begin(tx: Tx) -> tuple[Optimized, bool]:
        earlier = claim(tx, attempt, preview_id) if attempt is not None else None
        if earlier is not None:
            return read_given(tx, caller, earlier), True
        return _shown_before(tx, caller, preview_id, get_preview(tx, caller, preview_id)), False

    found, again = database.run(caller.org_id, begin)
    return as_shown(found if again else give_out(database, caller, found)), again


def _plan_of(found: Optimized) -> dict[str, Json]:
    return {
        "totals": asdict(found.totals),
        "routing": None if found.routing is None else asdict(found.routing),
        "pairs": [_kept_pair(pair) for pair in found.pairs],
        "left": [
            {"work_order_id": str(left.order.id), "code": left.code, "counts": dict(left.counts)} for left in found.left
        ],
    }


def _kept_pair(pair: Pair) -> dict[str, Json]:
    chosen, greedy = pair.chosen, pair.greedy
    return {
        "work_order_id": str(chosen.order.id),
        "technician_id": str(chosen.technician_id),
        "distance_m": chosen.distance_m,
        "coarse": chosen.coarse,
        "drive_s": chosen.drive_s,
        "as_offer": chosen.as_offer,
        "shown": shown_of(chosen.order),
        "greedy": None if greedy is None else _kept_greedy(greedy),
    }


def _kept_greedy(greedy: Alone) -> dict[str, Json]:
    return {
        "technician_id": str(greedy.technician_id),
        "distance_m": greedy.distance_m,
        "coarse": greedy.coarse,
        "drive_s": greedy.drive_s,
    }


def _shown_before(tx: Tx, caller: Caller, preview_id: UUID, kept: KeptPreview) -> Optimized:
    """The batch as it was shown, with the orders and names of now."""
    plan = kept.plan
    totals = Totals(**plan["totals"])
    orders = list_work_orders_by_id(tx, [UUID(one["work_order_id"]) for one in (*plan["pairs"], *plan["left"])])
    told = [one for pair in plan["pairs"] for one in (pair, pair["greedy"]) if one is not None]
    technician_ids = {UUID(one["technician_id"]) for one in told}
    names = list_technician_names(tx, technician_ids)
    # A preview of an older version has none.
    routing = note_of(plan.get("routing"))
    batch = {"id": preview_id, **asdict(totals), "routing": plan.get("routing")}
    pairs = tuple(_pair(one, orders, names, batch) for one in plan["pairs"])
    left = tuple(_left(one, orders) for one in plan["left"])
    coarse = {UUID(one["technician_id"]) for one in told if one["coarse"]} | list_coarse(
        tx, caller.scope, technician_ids
    )
    return Optimized(preview_id, tx.now(), pairs, left, totals, coarse, routing=routing)


def _pair(
    kept: Mapping[str, Any],
    orders: Mapping[UUID, WorkOrder],
    names: Mapping[UUID, str],
    batch: Mapping[str, Any],
) -> Pair:
    technician_id, greedy = UUID(kept["technician_id"]), kept["greedy"]
    name = names[technician_id]
    chosen = Chosen(
        order=orders[UUID(kept["work_order_id"])],
        technician_id=technician_id,
        name=name,
        distance_m=kept["distance_m"],
        as_offer=kept["as_offer"],
        batch={
            **batch,
            "chosen": {"name": name, **{key: kept.get(key) for key in ("distance_m", "coarse", "drive_s")}},
            "greedy": greedy,
        },
        coarse=kept["coarse"],
        shown=kept["shown"],
        drive_s=kept.get("drive_s"),
        router=None if batch["routing"] is None else RouterName(batch["routing"]["router"]),
    )
    return Pair(chosen, None if greedy is None else _alone(greedy))


def _alone(kept: Mapping[str, Any]) -> Alone:
    return Alone(UUID(kept["technician_id"]), kept["distance_m"], kept["coarse"], kept.get("drive_s"))


def _left(kept: Mapping[str, Any], orders: Mapping[UUID, WorkOrder]) -> Left:
    return left_again(orders[UUID(kept["work_order_id"])], kept["code"], kept["counts"])
