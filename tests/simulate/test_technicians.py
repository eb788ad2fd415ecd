"""A technician's day: roam, leave in time, arrive, work, finish; breaks only with nothing to do."""

import random
from dataclasses import replace

import pytest

from geo_assign.simulate.driving import standing
from geo_assign.simulate.geometry import distance
from geo_assign.simulate.phones import Faults, Phone
from geo_assign.simulate.places import HOT_SPOTS, PLAZA
from geo_assign.simulate.technicians import (
    REJECT_REASONS,
    Activity,
    Character,
    DutyChange,
    Progress,
    SimulatedTechnician,
    Visit,
    random_character,
)
from geo_assign.workorders.domain import RejectReason, State

STEADY = Character(break_share=0.0)
SHOP = HOT_SPOTS["Fish Market"]


@pytest.fixture
def technician(routes):
    start = routes.point_of(routes.streets.nearest_spot(PLAZA))
    rng = random.Random(4)
    return SimulatedTechnician(
        id="t",
        token="-",
        phone=Phone(Faults(), rng),
        character=STEADY,
        routes=routes,
        rng=rng,
        movement=standing(start),
    )


def live(technician, start_s, end_s):
    """Return what the technician does between two seconds, with the time of each act."""
    return [(second, act) for second in range(start_s, end_s, 2) for act in technician.advance(float(second))]


def test_a_visit_for_now_is_driven_to_worked_on_and_finished(technician):
    technician.start_day(0.0, on_duty=True)
    technician.add_visit(Visit("order", SHOP, None, work_s=300.0))
    acts = live(technician, 0, 1500)
    assert [act for _, act in acts] == [
        Progress("order", state) for state in ("travelling", "on_site", "in_progress", "completed")
    ]
    arrived, finished = acts[1][0], acts[3][0]
    assert finished - arrived == pytest.approx(300, abs=4)
    assert technician.visits == {}


def test_at_a_visit_the_technician_stands_at_its_door(technician):
    technician.add_visit(Visit("order", SHOP, None, work_s=300.0))
    while technician.activity is not Activity.WORKING:
        technician.until_s += 2
        live(technician, int(technician.until_s), int(technician.until_s) + 2)
    here = technician.position_at(technician.until_s)
    assert distance(here.point, SHOP) < 100
    assert here.speed_mps == 0


def test_speed_shortens_the_work_not_the_way(technician):
    technician.speed = 3.0
    technician.add_visit(Visit("order", SHOP, None, work_s=300.0))
    acts = live(technician, 0, 1500)
    assert acts[3][0] - acts[1][0] == pytest.approx(100, abs=4)
    assert acts[1][0] - acts[0][0] > distance(PLAZA, SHOP) / 15


def test_a_technician_leaves_in_time_for_a_slot_and_not_much_earlier(technician):
    technician.start_day(0.0, on_duty=True)
    technician.add_visit(Visit("order", SHOP, 3600.0, work_s=300.0))
    acts = live(technician, 0, 4500)
    left, arrived = acts[0][0], acts[1][0]
    assert left > 2700
    assert arrived < 3700


def test_the_earlier_visit_comes_first(technician):
    technician.add_visit(Visit("later", SHOP, 5000.0, work_s=60.0))
    technician.add_visit(Visit("sooner", SHOP, 300.0, work_s=60.0))
    done = [act.work_order_id for _, act in live(technician, 0, 6000) if act.state == "completed"]
    assert done == ["sooner", "later"]


def test_work_that_is_taken_away_ends_where_the_technician_is(technician):
    technician.add_visit(Visit("order", SHOP, None, work_s=300.0))
    live(technician, 0, 60)
    assert technician.activity is Activity.TRAVELLING
    technician.drop_visit("order", 60.0)
    assert technician.activity is Activity.WAITING
    assert technician.position_at(60.0).speed_mps == 0
    assert all(not isinstance(act, Progress) for _, act in live(technician, 60, 1500))


def test_breaks_end_and_are_not_taken_with_work_to_do(technician):
    technician.character = replace(STEADY, break_share=1.0)
    duties = [act.on_duty for _, act in live(technician, 0, 3000)]
    assert duties[:4] == [False, True, False, True]
    technician.add_visit(Visit("order", SHOP, 20_000.0, work_s=60.0))
    if not technician.is_on_duty:
        live(technician, 3000, 3600)
    assert DutyChange(False) not in [act for _, act in live(technician, 3600, 9000)]


def test_a_technician_off_duty_stands_still_and_comes_back(technician):
    technician.start_day(0.0, on_duty=False)
    assert not technician.is_on_duty
    assert technician.position_at(100.0).speed_mps == 0
    assert DutyChange(True) in [act for _, act in live(technician, 0, 600)]


def test_idle_technicians_drive_about(technician):
    technician.start_day(0.0, on_duty=True)
    places = set()
    for second in range(0, 1800, 2):
        list(technician.advance(float(second)))
        places.add(technician.position_at(float(second)).point)
    assert len(places) > 200


def test_offers_are_mostly_accepted_after_a_while(technician):
    answers = [technician.respond_to_offer(100.0) for _ in range(500)]
    accepted = sum(answer.verdict == "accept" for answer in answers)
    assert 0.75 < accepted / len(answers) < 0.92
    assert {answer.verdict for answer in answers} == {"accept", "reject", "ignore"}
    assert all(106 <= answer.at_s <= 155 for answer in answers)
    assert {answer.reason for answer in answers if answer.verdict == "reject"} == set(REJECT_REASONS)


def test_characters_differ_and_their_shares_never_exceed_one():
    drawn = [random_character(random.Random(seed)) for seed in range(100)]
    assert len({one.accept_share for one in drawn}) > 50
    assert all(one.accept_share + one.ignore_share <= 1 for one in drawn)


def test_reasons_and_states_are_the_services_own_words():
    assert set(REJECT_REASONS) <= set(RejectReason)
    assert {"travelling", "on_site", "in_progress", "completed"} <= set(State)
