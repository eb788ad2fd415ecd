"""What a push says: enough for a notification, and no more of the customer than the work order's number."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from geo_assign.push.domain import ClaimedPush, PushKind
from geo_assign.workorders.domain import WorkOrder

_TITLES: Mapping[PushKind, str] = {
    PushKind.OFFER: "New offer: {number}",
    PushKind.OFFER_WITHDRAWN: "Offer withdrawn: {number}",
    PushKind.ASSIGNED: "Work for you: {number}",
    PushKind.UNASSIGNED: "No longer yours: {number}",
}


def push_document(message: ClaimedPush, order: WorkOrder, zone: ZoneInfo) -> dict[str, object]:
    """The payload as JSON data; times in `body` are those of the store's clocks."""
    return {
        "id": message.message_id,
        "kind": message.kind,
        "work_order_id": order.id,
        "offer_id": message.offer_id,
        "number": order.number,
        "title": _TITLES[message.kind].format(number=order.number),
        "body": _body(message, order, zone),
        "slot": {"start": order.slot_start, "end": order.slot_end},
        "expires_at": message.expires_at,
        "server_now": message.at,
    }


def _body(message: ClaimedPush, order: WorkOrder, zone: ZoneInfo) -> str:
    if message.kind in {PushKind.OFFER_WITHDRAWN, PushKind.UNASSIGNED}:
        return ""
    start, end = order.slot_at(message.at)
    day = start.astimezone(zone)
    slot = f"{day:%a} {day.day} {day:%b}, {_clock(start, zone)} to {_clock(end, zone)}"
    if message.kind is PushKind.OFFER:
        return f"{slot}. Answer by {_clock(message.expires_at, zone)}."
    return f"{slot}."


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
