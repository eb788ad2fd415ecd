"""Free slots as a visitor may see them: when a qualified technician can come, and nothing about technicians."""

from collections.abc import Sequence

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.spans import Span
from geo_assign.free_time.availability import Search, search_free_slots
from geo_assign.matching.domain import Slot
from geo_assign.matching.questions import question_for_point
from geo_assign.widget.domain import SlotNotOfferedError
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.store_rules import StoreRules


def list_slots(
    tx: Tx,
    caller: Caller,
    rules: StoreRules,
    place: Point,
    *,
    skills: tuple[str, ...],
    within: Span,
    limit: int,
    disjoint: bool = False,
) -> Sequence[Slot]:
    """The earliest slots of the store's usual duration that begin and end `within`; `disjoint`: none overlaps another.

    In each a technician of the store with these skills is really free, the ways before and after thought of.
    """
    first, last = within
    duration = rules.settings.default_duration
    question = question_for_point(
        place,
        at=tx.as_of(),
        scope=caller.scope,
        slot=Slot(first, first + duration),
        rules=rules,
        skills=skills,
        freshness_s=rules.settings.freshness_s,
    )
    search = Search(question=question, until=last, zone=get_zone(rules.store.timezone), limit=limit, disjoint=disjoint)
    return [Slot(one.start, one.end) for one in search_free_slots(tx, search).slots]


def require_offered(
    tx: Tx, caller: Caller, rules: StoreRules, place: Point, *, skills: tuple[str, ...], slot: Slot
) -> None:
    """Raises SlotNotOfferedError unless this slot would be offered for this place at this moment."""
    within = (slot.start, slot.end)
    if slot.start < tx.now() or slot.end - slot.start != rules.settings.default_duration:
        raise SlotNotOfferedError
    if list_slots(tx, caller, rules, place, skills=skills, within=within, limit=1) != [slot]:
        raise SlotNotOfferedError


def state_word(state: str) -> str:
    """What a visitor is told of the state of a lead."""
    return _WORDS.get(state, "confirmed")


_WORDS = {"new": "received", "pending": "received", "offered": "received", "cancelled": "cancelled"}
