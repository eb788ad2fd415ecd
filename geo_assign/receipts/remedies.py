"""What would have sufficed: for each reason that excluded somebody the value under which it would not have.

Asked of the moment of the decision, through `geo_assign.matching.history`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.spans import Span
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters import parameters
from geo_assign.matching.history import ONE, as_it_was, past_parameters
from geo_assign.workforce.hours_exceptions import list_working_times
from geo_assign.workforce.working_time import working_spans
from geo_assign.workorders.domain import HOLDING, OfferState

Code = ExclusionCode

# How far around the slot working hours and free time are looked for.
LOOKED_AHEAD = timedelta(days=14)

_HOLDING = ", ".join(f"'{state}'" for state in HOLDING)
_FACTS = f"""
SELECT v.valid_from, v.valid_until,
    (SELECT jsonb_agg(jsonb_build_array(b.occupied_from, b.occupied_until, b.starts_at, b.ends_at)
                      ORDER BY b.occupied_from)
     FROM bookings b
     WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state IN ({_HOLDING})
       AND b.occupied_until > %(busy_from)s AND b.work_order_id IS DISTINCT FROM %(work_order_id)s) AS busy,
    (SELECT max(f.ends_at) FROM time_off f
     WHERE f.org_id = %(org_id)s AND f.technician_id = t.id
       AND f.ends_at > %(slot_start)s AND f.starts_at < %(slot_end)s) AS off_until,
    (SELECT count(*) FROM offers o
     WHERE o.org_id = %(org_id)s AND o.technician_id = t.id AND o.state = '{OfferState.OFFERED}'
       AND o.work_order_id IS DISTINCT FROM %(work_order_id)s) AS open_offers,
    (SELECT bool_or(o.final) FROM offers o
     WHERE o.org_id = %(org_id)s AND o.technician_id = t.id AND o.work_order_id = %(work_order_id)s) AS refused,
    (SELECT max(o.responded_at) FROM offers o
     WHERE o.org_id = %(org_id)s AND o.technician_id = t.id AND o.work_order_id = %(work_order_id)s
       AND o.state IN ('{OfferState.REJECTED}', '{OfferState.EXPIRED}')) AS answered_at
FROM technicians t
LEFT JOIN service_providers v ON v.org_id = %(org_id)s AND v.id = t.provider_id
WHERE t.org_id = %(org_id)s AND t.id = %(technician_id)s"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What stood against one technician then. `busy`: spans occupied and slots of what he held, in order."""

    busy: tuple[tuple[Span, Span], ...] = ()
    works: tuple[Span, ...] = ()
    off_until: datetime | None = None
    open_offers: int = 0
    refused: bool = False
    answered_at: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def get_facts(tx: Tx, question: Question, technician_id: UUID) -> Facts:
    """As they were at the question's instant; the working hours are today's."""
    values = {**parameters(question), **past_parameters(question, ahead=LOOKED_AHEAD)}
    asked = {**values, "org_id": tx.org_id, "technician_id": technician_id}
    rows = tx.fetch(as_it_was(_FACTS, ONE), asked)
    if not rows:
        return Facts()
    around = (question.slot.start - LOOKED_AHEAD, question.slot.end + LOOKED_AHEAD)
    working = list_working_times(tx, [technician_id], around)[technician_id]
    row = rows[0]
    return Facts(
        busy=tuple(_busy(one) for one in row.busy or ()),
        works=tuple(working_spans(working, around)),
        off_until=row.off_until,
        open_offers=row.open_offers,
        refused=bool(row.refused),
        answered_at=row.answered_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def remedy_for(code: str, question: Question, facts: Facts) -> dict[str, Any]:
    """The value that would have sufficed against the reason `code`, in JSON; empty where there is none."""
    found = _REMEDIES.get(ExclusionCode(code))
    return {} if found is None else found(question, facts)


def _busy(one: list[str]) -> tuple[Span, Span]:
    occupied_from, occupied_until, starts_at, ends_at = (datetime.fromisoformat(instant) for instant in one)
    return (occupied_from, occupied_until), (starts_at, ends_at)


def _slot_taken(question: Question, facts: Facts) -> dict[str, Any]:
    """The slot that was in the way, and from when on one as long, with the way there, would have been free."""
    buffer, length = question.policy.travel_buffer, question.slot.end - question.slot.start
    in_the_way = next((slot for (_, until), slot in facts.busy if until > question.slot.start - buffer), None)
    if in_the_way is None:
        return {}
    free_from = question.slot.start
    for (start, until), _ in facts.busy:
        if start < free_from + length and until > free_from - buffer:
            free_from = until + buffer
    return {"conflict": _span(in_the_way), "free_from": free_from.isoformat()}


def _hours(question: Question, facts: Facts) -> dict[str, Any]:
    """The working span nearest to the slot that is long enough for it."""
    length = question.slot.end - question.slot.start
    long_enough = [span for span in facts.works if span[1] - span[0] >= length]
    if not long_enough:
        return {}
    return {"hours": _span(min(long_enough, key=lambda span: _moved_by(question, span)))}


def _moved_by(question: Question, span: Span) -> timedelta:
    """How far the slot would have to move to lie in the span."""
    latest = span[1] - (question.slot.end - question.slot.start)
    start = min(max(question.slot.start, span[0]), latest)
    return abs(start - question.slot.start)


def _refused(question: Question, facts: Facts) -> dict[str, Any]:
    """When he might have been asked again; null after a refusal for good."""
    if facts.refused or facts.answered_at is None:
        return {"cooled_off_at": None}
    return {"cooled_off_at": (facts.answered_at + question.policy.cool_off).isoformat()}


def _agreement(question: Question, facts: Facts) -> dict[str, Any]:
    """An agreement that holds at the start of the slot, and the one that there is."""
    there = {name: _text(getattr(facts, name)) for name in ("valid_from", "valid_until")}
    return {"valid_at": question.slot.start.isoformat(), "agreement": there}


def _team(question: Question, _facts: Facts) -> dict[str, Any]:
    wanted = {"store_id": question.store_id} if question.group_id is None else {"group_id": question.group_id}
    return {name: str(value) for name, value in wanted.items()}


def _span(span: Span) -> dict[str, str]:
    return {"start": span[0].isoformat(), "end": span[1].isoformat()}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


_REMEDIES: Mapping[ExclusionCode, Callable[[Question, Facts], dict[str, Any]]] = {
    Code.INACTIVE: lambda _question, _facts: {"active": True},
    Code.WRONG_GROUP: _team,
    Code.OFF_DUTY: lambda _question, _facts: {"on_duty": True},
    Code.AGREEMENT_EXPIRED: _agreement,
    Code.OFFLINE: lambda question, _facts: {"heard_since": parameters(question)["heard_since"].isoformat()},
    Code.NO_POSITION: lambda question, _facts: {"position_since": parameters(question)["fresh_since"].isoformat()},
    Code.MOCK_LOCATION: lambda _question, _facts: {"mock_positions": "allow"},
    Code.OUTSIDE_HOURS: _hours,
    Code.TIME_OFF: lambda _question, facts: {"time_off_until": _text(facts.off_until)},
    Code.SLOT_TAKEN: _slot_taken,
    Code.OFFER_LIMIT: lambda _question, facts: {"offer_limit": facts.open_offers + 1},
    Code.REJECTED_BEFORE: _refused,
}
