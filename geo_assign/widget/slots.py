"""Free slots as a visitor may see them: when a qualified technician can come, and nothing about technicians."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.spans import Span
from geo_assign.free_time.availability import Search, measure_ways, search_free_slots
from geo_assign.matching.domain import Slot
from geo_assign.matching.driving import Begin
from geo_assign.matching.questions import question_for_point
from geo_assign.routing.finder import DriveFinder
from geo_assign.widget.domain import SlotNotOfferedError
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.store_rules import StoreRules


@dataclass(frozen=True, slots=True)
class Wish:
    """The store's usual visit at a place, by a technician with these skills."""

    rules: StoreRules
    place: Point
    skills: tuple[str, ...]


def list_slots(
    begin: Begin,
    finder: DriveFinder,
    caller: Caller,
    wish: Wish,
    *,
    within: Callable[[Tx], Span],
    limit: int,
    disjoint: bool = False,
) -> Sequence[Slot]:
    """The earliest slots of the store's usual duration that begin and end `within`; `disjoint`: none overlaps another.

    In each a technician of the store with these skills is really free, the ways before and after thought of, as the
    store's router tells them, asked with no transaction open.
    """

    def search(tx: Tx) -> Search:
        return _search(tx, caller, wish, within(tx), limit=limit, disjoint=disjoint)

    with begin() as tx:
        asked = search(tx)
    ways = measure_ways(begin, finder, wish.rules, asked)
    with begin() as tx:
        return [Slot(one.start, one.end) for one in search_free_slots(tx, search(tx), ways).slots]


def _search(tx: Tx, caller: Caller, wish: Wish, within: Span, *, limit: int, disjoint: bool) -> Search:
    (first, last), rules = within, wish.rules
    question = question_for_point(
        wish.place,
        at=tx.as_of(),
        scope=caller.scope,
        slot=Slot(first, first + rules.settings.default_duration),
        rules=rules,
        skills=wish.skills,
        freshness_s=rules.settings.freshness_s,
    )
    return Search(question=question, until=last, zone=get_zone(rules.store.timezone), limit=limit, disjoint=disjoint)


def require_offered(begin: Begin, finder: DriveFinder, caller: Caller, wish: Wish, slot: Slot) -> None:
    """Raises SlotNotOfferedError unless this slot would be offered for this place at this moment."""
    if slot.end - slot.start != wish.rules.settings.default_duration:
        raise SlotNotOfferedError

    def within(tx: Tx) -> Span:
        if slot.start < tx.now():
            raise SlotNotOfferedError
        return slot.start, slot.end

    if list_slots(begin, finder, caller, wish, within=within, limit=1) != [slot]:
        raise SlotNotOfferedError


def state_word(state: str) -> str:
    """What a visitor is told of the state of a lead."""
    return _WORDS.get(state, "confirmed")


_WORDS = {"new": "received", "pending": "received", "offered": "received", "cancelled": "cancelled"}
