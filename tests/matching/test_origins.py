"""Where each technician comes from: the origin decides the order, so an origin left out changes who goes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from geo_assign.core.geo import Point
from geo_assign.matching.batches import list_eligible
from geo_assign.matching.domain import Candidate, Question, Staff
from geo_assign.matching.queries import explain_one, find_nearest_then
from geo_assign.workorders.domain import State
from tests.day import Day, shifted
from tests.matching.asking import EVERYTHING, asked, ranked
from tests.snapshots import begun_once

FAR_M = 12_000


@pytest.fixture
@begun_once
def town(day: Day) -> Day:
    """A lives next to the job J, B farther; the job K lies far behind both."""
    day.set(offer_limit=9)
    day.map("J A . B . . . . . . . . K", step_m=1_000)
    day.technician("A", home=True)
    day.technician("B", home=True)
    return day


def origins(day: Day, slot: str, job: str = "J") -> dict[str, str]:
    return {letter: one.position.provenance.value for letter, one in ranked(day, asked(day, job, slot)).items()}


def test_without_earlier_work_each_technician_comes_from_home(town: Day) -> None:
    assert origins(town, "18:00-19:00") == {"A": "home_base", "B": "home_base"}


def test_the_previous_appointment_of_that_day_decides_the_order(town: Day) -> None:
    town.lead("K", slot="15:00-16:00", assignee="A")
    found = ranked(town, asked(town, "J", "18:00-19:00"))
    assert list(found) == ["B", "A"]
    assert found["A"].distance_m == pytest.approx(FAR_M, rel=0.01)
    assert found["A"].position.point == town.places["K"]
    assert found["A"].position.provenance.value == "previous_appointment"


def test_a_lead_goes_to_the_technician_who_will_be_nearest(town: Day) -> None:
    town.lead("K", slot="15:00-16:00", assignee="A")
    lead = town.auto_assign("J", slot="18:00-19:00")
    assert (lead.technician, lead.ranked) == ("B", ["B", "A"])


def test_of_several_previous_appointments_the_last_one_counts(town: Day) -> None:
    town.places["L"] = shifted(town.places["J"], east_m=200)
    town.lead("L", slot="16:30-17:30", assignee="A")
    town.lead("K", slot="15:00-16:00", assignee="A")
    assert ranked(town, asked(town, "J", "18:00-19:00"))["A"].distance_m == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize(
    ("earlier", "origin"),
    [
        ("17:00-18:00", "previous_appointment"),  # it ends when the slot begins
        ("19:00-20:00", "home_base"),  # it comes afterwards
        ("tomorrow 09:00-10:00", "home_base"),
    ],
)
def test_what_counts_as_a_previous_appointment(town: Day, earlier: str, origin: str) -> None:
    town.lead("K", slot=earlier, assignee="A")
    assert origins(town, "18:00-19:00")["A"] == origin


def test_the_work_of_the_day_before_is_no_previous_appointment(town: Day) -> None:
    """An appointment that ends at midnight belongs to the day before; one that runs over it to both."""
    town.lead("K", slot="23:00-00:00", assignee="A")
    assert origins(town, "tomorrow 09:00-10:00")["A"] == "home_base"
    town.lead("K", slot="23:30-00:30", assignee="B")
    assert origins(town, "tomorrow 09:00-10:00")["B"] == "previous_appointment"


def test_work_that_is_only_offered_counts_too(town: Day) -> None:
    assert town.lead("K", slot="15:00-16:00").state is State.OFFERED
    holder = town.outcome("K").technician
    assert holder == "B"
    assert origins(town, "18:00-19:00") == {"A": "home_base", "B": "previous_appointment"}


def test_work_that_is_done_counts_and_work_that_was_cancelled_does_not(town: Day) -> None:
    town.lead("K", slot="12:00-13:00", assignee="A")
    for state in (State.TRAVELLING, State.IN_PROGRESS, State.COMPLETED):
        town.step("K", "A", state)
    assert origins(town, "18:00-19:00")["A"] == "previous_appointment"
    town.lead("K", slot="12:00-13:00", assignee="B")
    town.cancel("K")
    assert origins(town, "18:00-19:00")["B"] == "home_base"


def test_coming_along_counts_as_an_appointment(town: Day) -> None:
    town.set(lead_auto_user_assignment="off")
    town.lead("K", slot="15:00-16:00")
    town.assign("K", "B", along="A")
    assert origins(town, "18:00-19:00")["A"] == "previous_appointment"


def test_work_without_a_location_is_no_origin(town: Day) -> None:
    town.ticket("X", slot="15:00-16:00", assignee="A")
    assert origins(town, "18:00-19:00")["A"] == "home_base"


def test_an_order_is_not_its_own_previous_appointment(town: Day) -> None:
    """Asked for a later slot while the earlier one is still held: the technician is not there already."""
    town.lead("K", slot="15:00-16:00", assignee="A")
    for question in (asked(town, "K", "18:00-19:00"), asked(town, "K", "20:00-21:00")):
        found = ranked(town, question)
        assert found["A"].position.provenance.value == "home_base"
        assert found["A"].distance_m == pytest.approx(11_000, rel=0.01)
        assert list(found) == ["B", "A"]


def test_without_a_home_the_way_begins_at_the_store_or_the_providers_base(day: Day) -> None:
    day.map("J A B C", step_m=1_000)
    day.provider("fixers", base="C", groups=["all"])
    day.technician("A")
    day.technician("B", provider="fixers", group="all")
    assert origins(day, "18:00-19:00") == {"A": "store", "B": "home_base"}
    found = ranked(day, asked(day, "J", "18:00-19:00"))
    assert found["A"].position.point == Point(lat=41.0, lon=-30.0)
    assert found["B"].position.point == day.places["C"]


def test_a_slot_that_starts_soon_is_judged_by_the_phone(town: Day) -> None:
    town.set(soon_minutes=120)
    assert set(origins(town, "14:00-15:00").values()) == {"live"}
    assert set(origins(town, "14:01-15:01").values()) == {"home_base"}


# The same origin in every statement that asks for one -----------------------------------------------------------------


def distance_in_ranking(day: Day, question: Question) -> float:
    return ranked(day, question)["A"].distance_m


def distance_when_explained(day: Day, question: Question) -> float:
    with day.database.transaction(day.org_id) as tx:
        found = explain_one(tx, question, day.people["A"])
    assert found is not None
    assert found.distance_m is not None
    return found.distance_m


def distance_in_a_batch(day: Day, question: Question) -> float:
    with day.database.transaction(day.org_id) as tx:
        (eligible,) = list_eligible(tx, {0: question}).eligible.values()
    return next(one.metres for one in eligible if one.technician_id == day.people["A"])


def distance_among_providers_people(day: Day, question: Question) -> float:
    return distance_in_ranking(day, replace(question, staff=Staff.PROVIDERS))


def distance_as_it_was(day: Day, question: Question) -> float:
    with day.database.transaction(day.org_id) as tx:
        found: Candidate | None = find_nearest_then(tx, question)
    assert found is not None
    assert found.technician_id == day.people["A"]
    return found.distance_m


@pytest.mark.parametrize(
    "distance_of",
    [
        distance_in_ranking,
        distance_when_explained,
        distance_in_a_batch,
        distance_among_providers_people,
        distance_as_it_was,
    ],
)
def test_every_statement_measures_from_the_same_origin(day: Day, distance_of: Callable[[Day, Question], float]) -> None:
    day.map("J A . . K", step_m=1_000)
    day.provider("fixers", groups=["all"])
    day.technician("A", home=True, provider="fixers", group="all")
    question = asked(day, "J", "18:00-19:00")
    assert distance_of(day, question) == pytest.approx(1_000, rel=0.01)
    day.lead("K", slot="15:00-16:00", assignee="A")
    assert distance_of(day, asked(day, "J", "18:00-19:00")) == pytest.approx(4_000, rel=0.01)
    own = asked(day, "K", "20:00-21:00", scope=EVERYTHING)
    assert distance_of(day, own) == pytest.approx(3_000, rel=0.01)
