"""Saying whose time is taken, by what, and when all of them would have time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.spans import Span
from geo_assign.free_time.common_time import find_common_slot
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.domain import SlotTakenError, WorkOrder
from geo_assign.workorders.queries import BookingConflict, find_booking_conflict, find_work_order


def slot_taken(
    tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, people: Mapping[UUID, str], *, at: datetime
) -> SlotTakenError:
    """The error for technicians (names by id) of whom at least one has no time for an order's slot.

    `conflicts` names each with the booking that is in the way, `conflict` is the first of them, and
    `earliest_common_slot` is when all of them could come, within two weeks.
    """
    (start, end), buffer = order.slot_at(at), rules.settings.travel_buffer
    in_the_way = {
        technician_id: _shown(tx, caller, other)
        for technician_id in people
        if (other := find_booking_conflict(tx, technician_id, start - buffer, end, except_for=order.id)) is not None
    }
    common = find_common_slot(
        tx, list(people), end - start, after=max(start, at), travel_buffer=buffer, except_for=order.id
    )
    names = [people[technician_id] for technician_id in in_the_way] or list(people.values())
    verb = "has" if len(names) == 1 else "have"
    return SlotTakenError(f"{' and '.join(names)} {verb} other work at that time", **_facts(people, in_the_way, common))


class _Facts(TypedDict, total=False):
    conflicts: Sequence[Mapping[str, str]]
    conflict: Mapping[str, str]
    earliest_common_slot: Mapping[str, str]


def _facts(people: Mapping[UUID, str], in_the_way: Mapping[UUID, dict[str, str]], common: Span | None) -> _Facts:
    conflicts = [
        {"technician_id": str(technician_id), "technician_name": people[technician_id], **shown}
        for technician_id, shown in in_the_way.items()
    ]
    facts: _Facts = {"conflicts": conflicts}
    if in_the_way:
        facts["conflict"] = next(iter(in_the_way.values()))
    if common is not None:
        facts["earliest_common_slot"] = {"start": common[0].isoformat(), "end": common[1].isoformat()}
    return facts


def _shown(tx: Tx, caller: Caller, other: BookingConflict) -> dict[str, str]:
    """A booking as the caller may see it: its times, and its work order where that is in scope."""
    shown = {"start": other.starts_at.isoformat(), "end": other.ends_at.isoformat()}
    seen = find_work_order(tx, caller.scope, other.work_order_id)
    return shown if seen is None else shown | {"work_order_id": str(seen.id), "number": seen.number}
