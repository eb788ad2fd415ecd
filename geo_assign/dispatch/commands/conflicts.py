"""Saying whose time is taken, by what, and when all of them would have time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.free_time.common_time import find_common_slot
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.domain import SlotTakenError, WorkOrder
from geo_assign.workorders.queries import find_booking_conflict, find_work_order


def slot_taken(
    tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, people: Mapping[UUID, str], *, at: datetime
) -> SlotTakenError:
    """The error for people (names by id) of whom at least one has no time for an order's slot.

    `conflicts` names each with the booking that is in the way, `conflict` is the first of them, and
    `earliest_common_slot` is when all of them could come, within two weeks.
    """
    (start, end), buffer = order.slot_at(at), rules.settings.travel_buffer
    conflicts: list[dict[str, Any]] = []
    facts: dict[str, Any] = {"conflicts": conflicts}
    for technician_id, name in people.items():
        other = find_booking_conflict(tx, technician_id, start - buffer, end, except_for=order.id)
        if other is not None:
            shown = _shown(tx, caller, other)
            facts.setdefault("conflict", shown)
            conflicts.append({"technician_id": str(technician_id), "technician_name": name, **shown})
    common = find_common_slot(
        tx, list(people), end - start, after=max(start, at), travel_buffer=buffer, except_for=order.id
    )
    if common is not None:
        facts["earliest_common_slot"] = {"start": common[0].isoformat(), "end": common[1].isoformat()}
    names = [str(one["technician_name"]) for one in conflicts] or list(people.values())
    verb = "has" if len(names) == 1 else "have"
    return SlotTakenError(f"{' and '.join(names)} {verb} other work at that time", **facts)


def _shown(tx: Tx, caller: Caller, other: Any) -> dict[str, Any]:
    """A booking as somebody may see it: its times, and its work order if that is in his scope."""
    shown = {"start": other.starts_at.isoformat(), "end": other.ends_at.isoformat()}
    seen = find_work_order(tx, caller.scope, other.work_order_id)
    return shown if seen is None else shown | {"work_order_id": str(seen.id), "number": seen.number}
