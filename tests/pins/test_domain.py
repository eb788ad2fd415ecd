"""On which place visits agree, and what is done about it: decided without a database."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.geo import Point, haversine_m
from geo_assign.pins.domain import (
    AGREE_M,
    ENOUGH,
    FAR_M,
    BetterPlace,
    ConfirmedBy,
    Evidence,
    EvidenceKind,
    KnownPin,
    PinState,
    find_better_place,
    is_at_the_door,
    judge,
)
from geo_assign.positions.domain import CurrentPosition
from tests.day import shifted

HOUSE = Point(lat=48.2, lon=16.37)
NOON = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)


def visit(number: int, *, east_m: float = 0.0, south_m: float = 0.0, **changed: object) -> Evidence:
    """The visit of one order, so far from where the geocoder had put the house."""
    one = Evidence(
        work_order_id=UUID(int=number),
        visit_id=UUID(int=number),
        kind=EvidenceKind.ARRIVAL,
        point=shifted(HOUSE, east_m=east_m, south_m=south_m),
        geocoded=HOUSE,
        at=NOON + timedelta(hours=number),
    )
    return replace(one, **changed)  # type: ignore[arg-type]


metres = st.floats(-300, 300).map(lambda value: round(value, 1))
evidence = st.builds(
    lambda number, same_visit, kind, east_m, south_m, hours: visit(
        number,
        east_m=east_m,
        south_m=south_m,
        visit_id=UUID(int=same_visit),
        kind=kind,
        at=NOON + timedelta(hours=hours),
    ),
    st.integers(1, 40),
    st.integers(1, 12),
    st.sampled_from(EvidenceKind),
    metres,
    metres,
    st.integers(0, 5),
)
some_evidence = st.lists(evidence, max_size=14, unique_by=lambda one: (one.work_order_id, one.kind))
known_places = st.none() | st.builds(lambda e, s: shifted(HOUSE, east_m=e, south_m=s), metres, metres)


@given(some_evidence, known_places, st.randoms(use_true_random=False))
def test_the_order_of_arrivals_does_not_matter(one: list[Evidence], known: Point | None, random: object) -> None:
    mixed = list(one)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert find_better_place(mixed, known=known) == find_better_place(one, known=known)


@given(some_evidence, known_places)
def test_the_place_is_one_of_the_visits_and_far_from_what_is_known(one: list[Evidence], known: Point | None) -> None:
    place = find_better_place(one, known=known)
    if place is None:
        assert all(haversine_m(each.point, known or HOUSE) <= FAR_M for each in one)
        return
    assert place.point in [each.point for each in one]
    assert haversine_m(place.point, known or HOUSE) > FAR_M
    behind = [each for each in one if each.work_order_id in place.work_order_ids]
    near = [each for each in behind if haversine_m(each.point, place.point) <= AGREE_M]
    assert len({each.visit_id for each in near}) >= place.visits
    assert all(haversine_m(a.point, b.point) <= 2 * AGREE_M + 1 for a in near for b in near)


@given(some_evidence, known_places)
def test_no_other_place_has_more_visits(one: list[Evidence], known: Point | None) -> None:
    place = find_better_place(one, known=known)
    if place is None:
        return
    far = [each for each in one if haversine_m(each.point, known or HOUSE) > FAR_M]
    for center in far:
        agreeing = {each.visit_id for each in far if haversine_m(each.point, center.point) <= AGREE_M}
        assert len(agreeing) <= place.visits


@given(st.lists(evidence, min_size=1, max_size=14), st.booleans())
def test_one_visit_never_confirms_however_often_it_is_told(one: list[Evidence], has_house: bool) -> None:
    same = [replace(each, visit_id=UUID(int=1)) for each in one]
    place = find_better_place(same, known=None)
    assert judge(place, present=None, refused=(), has_house=has_house) is not PinState.CONFIRMED


@given(some_evidence, known_places)
def test_what_a_person_decided_no_arrivals_change(one: list[Evidence], known: Point | None) -> None:
    place = find_better_place(one, known=known)
    if place is None:
        return
    by_person = KnownPin(UUID(int=1), known or HOUSE, ConfirmedBy.PERSON)
    assert judge(place, present=by_person, refused=(), has_house=True) is not PinState.CONFIRMED
    assert judge(place, present=None, refused=(place.point,), has_house=True) is not PinState.CONFIRMED


@given(some_evidence)
def test_a_confirmed_place_has_three_visits_and_most_of_them(one: list[Evidence]) -> None:
    place = find_better_place(one, known=None)
    if judge(place, present=None, refused=(), has_house=True) is PinState.CONFIRMED:
        assert place is not None
        assert place.visits >= ENOUGH
        assert place.visits > place.against


def asked(*visits: Evidence, **more: object) -> PinState | None:
    given_: dict[str, object] = {"present": None, "refused": (), "has_house": True} | more
    present = given_["present"]
    known = present.point if isinstance(present, KnownPin) else None
    return judge(find_better_place(visits, known=known), **given_)  # type: ignore[arg-type]


def test_one_arrival_proposes_and_three_confirm() -> None:
    assert asked(visit(1, east_m=79)) is None
    assert asked(visit(1, east_m=81)) is PinState.PROPOSED
    assert asked(visit(1, east_m=140), visit(2, east_m=150)) is PinState.PROPOSED
    assert asked(visit(1, east_m=140), visit(2, east_m=150), visit(3, east_m=130)) is PinState.CONFIRMED
    assert asked(visit(1, east_m=140), visit(2, east_m=230), visit(3, south_m=140)) is PinState.PROPOSED


def test_the_lead_and_its_ticket_are_one_visit() -> None:
    lead, other = visit(1, east_m=140), visit(2, east_m=145)
    ticket = visit(3, east_m=142, visit_id=lead.visit_id)
    by_hand = replace(lead, kind=EvidenceKind.HAND)
    assert asked(lead, other, ticket, by_hand) is PinState.PROPOSED
    assert asked(lead, other, ticket, visit(4, east_m=141)) is PinState.CONFIRMED


def test_arrivals_where_it_is_known_to_be_speak_against_another_place() -> None:
    park = [visit(number, east_m=140) for number in (1, 2, 3)]
    doors = [visit(number, east_m=10) for number in (4, 5, 6)]
    assert asked(*park, doors[0], doors[1]) is PinState.CONFIRMED
    assert asked(*park, *doors) is PinState.PROPOSED
    assert asked(park[0], doors[0], doors[1]) is None


def test_a_refused_place_is_asked_of_again_when_three_new_visits_agree_on_it() -> None:
    refused = (shifted(HOUSE, east_m=120),)
    assert asked(visit(1, east_m=140), refused=refused) is None
    assert asked(*(visit(number, east_m=140) for number in (1, 2, 3)), refused=refused) is PinState.PROPOSED
    assert asked(visit(1, south_m=200), refused=refused) is PinState.PROPOSED


def test_an_address_without_a_house_number_needs_three_visits() -> None:
    park = [visit(number, east_m=140) for number in (1, 2, 3)]
    assert asked(park[0], has_house=False) is None
    assert asked(*park, has_house=False) is PinState.CONFIRMED


def test_where_the_geocoder_found_nothing_every_visit_is_elsewhere() -> None:
    place = find_better_place([visit(1, geocoded=None, kind=EvidenceKind.HAND)], known=None)
    assert place == BetterPlace(HOUSE, 1, 0, None, frozenset({UUID(int=1)}))


def test_arrivals_move_a_pin_that_arrivals_confirmed_and_leave_a_person_s() -> None:
    learned = KnownPin(UUID(int=9), shifted(HOUSE, east_m=140), ConfirmedBy.ARRIVALS)
    visits: Sequence[Evidence] = [visit(number, south_m=200, geocoded=None) for number in (1, 2, 3)]
    assert asked(*visits, present=learned) is PinState.CONFIRMED
    assert asked(*visits, present=replace(learned, confirmed_by=ConfirmedBy.PERSON)) is PinState.PROPOSED
    place = find_better_place(visits, known=learned.point)
    assert place is not None
    assert place.moved_m is not None
    assert math.isclose(place.moved_m, math.hypot(140, 200), rel_tol=0.02)


AT_THE_DOOR = CurrentPosition(
    technician_id=UUID(int=1),
    device="phone",
    lat=48.2,
    lon=16.37,
    recorded_at=NOON,
    used_at=NOON,
    received_at=NOON,
    heard_at=NOON,
    accuracy_m=12.0,
    speed_mps=0.4,
    heading_deg=None,
    battery=None,
    flags=(),
    mock=False,
    implausible=False,
)


@pytest.mark.parametrize(
    "changed",
    [
        {"accuracy_m": None},
        {"accuracy_m": 50.1},
        {"mock": True},
        {"implausible": True},
        {"flags": ("mock_location",)},
        {"flags": ("implausible_jump",)},
        {"flags": ("clock_ahead",)},
        {"used_at": NOON - timedelta(seconds=121)},
        {"speed_mps": 8.0},
    ],
    ids=str,
)
def test_a_position_that_is_not_known_well_teaches_nothing(changed: dict[str, object]) -> None:
    assert is_at_the_door(AT_THE_DOOR, NOON + timedelta(seconds=0))
    assert not is_at_the_door(replace(AT_THE_DOOR, **changed), NOON)  # type: ignore[arg-type]


def test_an_unknown_speed_and_a_coarse_battery_flag_do_not_matter() -> None:
    assert is_at_the_door(replace(AT_THE_DOOR, speed_mps=None, flags=("low_accuracy",)), NOON + timedelta(seconds=120))
