"""What a push says: enough for a notification, and no more of the customer than the work order's number."""

from datetime import datetime
from zoneinfo import ZoneInfo

from geo_assign.core.languages import Language
from geo_assign.push.domain import ClaimedPush, PushKind
from geo_assign.texts import TEXTS, ServiceTexts
from geo_assign.workorders.domain import WorkOrder


def push_document(message: ClaimedPush, order: WorkOrder, zone: ZoneInfo, language: Language) -> dict[str, object]:
    """The payload as JSON data; `title` and `body` in this language, times in `body` by the store's clocks."""
    texts = TEXTS[language]
    return {
        "id": message.message_id,
        "kind": message.kind,
        "work_order_id": order.id,
        "offer_id": message.offer_id,
        "number": order.number,
        "title": _title(message.kind, texts).format(number=order.number),
        "body": _body(message, order, zone, texts),
        "language": language,
        "slot": {"start": order.slot_start, "end": order.slot_end},
        "expires_at": message.expires_at,
        "server_now": message.at,
    }


def _title(kind: PushKind, texts: ServiceTexts) -> str:
    match kind:
        case PushKind.OFFER:
            return texts.offer
        case PushKind.OFFER_WITHDRAWN:
            return texts.offer_withdrawn
        case PushKind.ASSIGNED:
            return texts.assigned
        case PushKind.UNASSIGNED:
            return texts.unassigned


def _body(message: ClaimedPush, order: WorkOrder, zone: ZoneInfo, texts: ServiceTexts) -> str:
    if message.kind in {PushKind.OFFER_WITHDRAWN, PushKind.UNASSIGNED}:
        return ""
    start, end = order.slot_at(message.at)
    slot = texts.slot_on(start.astimezone(zone), start=_clock(start, zone), end=_clock(end, zone))
    if message.kind is PushKind.OFFER:
        return f"{slot} {texts.answer_by.format(clock=_clock(message.expires_at, zone))}"
    return slot


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
