"""The drawn states are the states of the code."""

import re

from geo_assign.workorders.domain import (
    MAY_ASK_AGAIN,
    TERMINAL,
    TRANSITIONS,
    AlarmCode,
    BookingState,
    OfferState,
    PendingReason,
    State,
    WithdrawnBecause,
)
from tests.docs.pages import page

STATES = page("docs/states.md")
_ARROW = re.compile(r"^ +(\S+) --> (\S+)$", re.MULTILINE)
_ANYTHING = "[*]"


def drawn(number: int) -> set[tuple[str, str]]:
    """The arrows of the page's so-many-th diagram."""
    return set(_ARROW.findall(STATES.blocks("mermaid")[number]))


def test_the_work_orders_diagram_is_the_transition_table() -> None:
    ways = {(before.value, after.value) for before, onward in TRANSITIONS.items() for after in onward}
    ends = {(_ANYTHING, State.NEW.value), *((state.value, _ANYTHING) for state in TERMINAL)}
    assert drawn(0) == ways | ends


def test_an_offer_is_open_until_one_of_the_others_wins() -> None:
    others = [state.value for state in OfferState if state is not OfferState.OFFERED]
    ways = {(OfferState.OFFERED.value, state) for state in others} | {(state, _ANYTHING) for state in others}
    assert drawn(1) == ways | {(_ANYTHING, OfferState.OFFERED.value)}


def test_every_state_and_reason_is_explained() -> None:
    named = set(STATES.spans())
    for values in (State, OfferState, BookingState, PendingReason, WithdrawnBecause, AlarmCode):
        assert {str(value) for value in values} <= named


def test_the_table_of_reasons_says_who_is_asked_again() -> None:
    rows = {row.split("|")[1]: row.split("|")[2].strip() for row in STATES.text.splitlines() if "rejected as" in row}
    told = {reason: asked != "never" for row, asked in rows.items() for reason in re.findall(r"`(\w+)`", row)}
    assert told == {reason.value: again for reason, again in MAY_ASK_AGAIN.items()}
