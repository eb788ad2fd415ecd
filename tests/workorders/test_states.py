"""The ways between the states, written out once more: a way added or lost by accident is noticed here."""

from itertools import product

import pytest

from geo_assign.workorders.domain import TAKEN, TERMINAL, State, may_go
from geo_assign.workorders.domain.states import TRANSITIONS, UNDER_WAY, WAITING

WAYS = {
    "new": "pending offered assigned cancelled converted",
    "pending": "offered assigned cancelled converted",
    "offered": "pending assigned cancelled converted",
    "assigned": "pending offered travelling on_site in_progress cancelled converted",
    "travelling": "pending offered assigned on_site in_progress completed cancelled converted",
    "on_site": "pending offered assigned in_progress completed cancelled converted",
    "in_progress": "pending offered assigned completed cancelled converted",
    "completed": "",
    "cancelled": "",
    "converted": "",
}


@pytest.mark.parametrize(("before", "after"), list(product(State, State)), ids=str)
def test_a_work_order_goes_the_ways_that_are_written_and_no_other(before: State, after: State) -> None:
    assert may_go(before, after) is (after in WAYS[before].split())


def test_every_state_has_its_ways() -> None:
    assert set(TRANSITIONS) == set(State) == {State(name) for name in WAYS}


def test_the_groups_of_states() -> None:
    assert {state.value for state in TERMINAL} == {"completed", "cancelled", "converted"}
    assert {state.value for state in TAKEN} == {"assigned", "travelling", "on_site", "in_progress"}
    assert {state.value for state in UNDER_WAY} == {"travelling", "on_site", "in_progress"}
    assert {state.value for state in WAITING} == {"new", "pending"}
