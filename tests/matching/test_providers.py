"""External companies: whose people may go, from where, and how much they take on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.mapview.domain import TechnicianStatus
from geo_assign.mapview.queries import get_picture
from geo_assign.matching.domain import ExclusionCode, Provenance, Ranking, Staff
from geo_assign.matching.queries import explain_one, rank
from geo_assign.matching.questions import question_for_point
from geo_assign.workforce.commands.providers import update_provider
from geo_assign.workforce.domain import WorksFrom
from geo_assign.workforce.queries import get_technician, list_technicians
from geo_assign.workforce.store_rules import get_store_rules
from tests.day import ORIGIN, Day


def nearest(day: Day, place: str, *, scope: Scope = EVERYTHING, group: str | None = None, **changes: Any) -> Ranking:
    """Who could come to a place on the map right now."""
    with day.database.transaction(day.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        question = question_for_point(
            day.places[place],
            at=tx.now(),
            scope=scope,
            rules=rules,
            group_id=day.group(group) if group else None,
            freshness_s=300.0,
        )
        return rank(tx, replace(question, **changes))


def names(ranking: Ranking) -> list[str]:
    return [one.name for one in ranking.candidates]


def reasons(ranking: Ranking) -> dict[str, list[str]]:
    assert ranking.explanation is not None
    return {one.name: [reason.code.value for reason in one.reasons] for one in ranking.explanation.excluded}


def test_people_of_a_company_at_its_base_need_no_phone_and_no_duty(day: Day) -> None:
    day.map(
        """
        V . J . . A
        """,
        step_m=500,
    )
    day.provider("Fixers", base="V", groups=["all"], works_from=WorksFrom.BASE)
    day.technician("B", last_ping=None, on_duty=False, provider="Fixers")
    day.technician("A")
    ranking = nearest(day, "J")
    assert names(ranking) == ["B", "A"]
    external = ranking.candidates[0]
    assert (external.position.provenance, external.position.age_s) == (Provenance.HOME_BASE, None)
    assert external.position.point == day.places["V"]
    assert external.provider is not None
    assert external.provider.name == "Fixers"
    assert ranking.candidates[1].provider is None
    assert reasons(ranking) == {}
    assert day.auto_assign("J").technician == "B"


def test_a_phone_does_not_move_who_works_from_the_base(day: Day) -> None:
    day.map(
        """
        V . . . J B
        """,
        step_m=500,
    )
    day.provider("Fixers", base="V", groups=["all"], works_from=WorksFrom.BASE)
    day.technician("B", provider="Fixers")
    (only,) = nearest(day, "J").candidates
    assert only.position.point == day.places["V"]
    with day.database.transaction(day.org_id) as tx:
        picture = get_picture(tx, EVERYTHING)
        assert [(one.name, one.point, one.recorded_at) for one in picture.technicians] == [("B", day.places["V"], None)]
        assert (picture.in_view.technicians[TechnicianStatus.FREE], picture.in_view.providers) == (1, 1)
        assert (picture.in_view.people, picture.off_duty) == (1, 0)


def test_the_staff_follows_when_the_company_moves(day: Day) -> None:
    day.map(
        """
        V . . J . . . W
        """,
        step_m=500,
    )
    day.provider("Fixers", base="V", groups=["all"], works_from=WorksFrom.BASE)
    day.technician("B", last_ping=None, on_duty=False, provider="Fixers")
    change(day, "Fixers", base=day.places["W"])
    (only,) = nearest(day, "J").candidates
    assert only.position.point == day.places["W"]
    change(day, "Fixers", works_from=WorksFrom.STAFF)
    assert names(nearest(day, "J")) == []
    assert reasons(nearest(day, "J")) == {"B": ["off_duty", "no_position"]}


def test_external_staff_start_the_day_at_home_else_at_the_base_else_at_the_store(day: Day) -> None:
    day.map(
        """
        V . H . J
        """,
        step_m=500,
    )
    day.provider("Fixers", base="V", groups=["all"])
    day.provider("Tinkers", groups=["all"])
    day.places |= {"A": day.places["H"], "B": day.places["H"], "C": day.places["H"]}
    day.technician("A", provider="Fixers", home=True)
    day.technician("B", provider="Fixers")
    day.technician("C", provider="Tinkers")
    at = {"A": day.places["H"], "B": day.places["V"], "C": ORIGIN}
    with day.database.transaction(day.org_id) as tx:
        assert {letter: get_technician(tx, EVERYTHING, day.people[letter]).base for letter in at} == at
    slot = day.clock.now() + timedelta(hours=6)
    later = nearest(day, "J")
    planned = replace(later.question.slot, start=slot, end=slot + timedelta(hours=1))
    found = {one.name: one.position.provenance for one in nearest(day, "J", slot=planned).candidates}
    assert found == {"A": Provenance.HOME_BASE, "B": Provenance.HOME_BASE, "C": Provenance.STORE}


def test_a_company_takes_on_so_much_on_one_day_and_says_so(day: Day) -> None:
    day.map(
        """
        A B . J . K . C
        """,
        step_m=500,
    )
    day.provider("Fixers", groups=["all"], capacity=1)
    for letter in "AB":
        day.technician(letter, provider="Fixers")
    day.technician("C")
    day.book("A", "15:00-16:00")
    ranking = nearest(day, "J")
    assert names(ranking) == ["C"]
    assert reasons(ranking) == {"A": ["slot_taken"], "B": ["slot_taken"]}
    assert ranking.explanation is not None
    told = ranking.explanation.excluded[0].reasons[0]
    assert told.detail == "Fixers takes on 1 work order a day, and has them on that day"
    assert told.needed == {"capacity": 2}
    change(day, "Fixers", capacity=2)
    assert names(nearest(day, "J")) == ["B", "A", "C"]


@pytest.mark.parametrize(
    "agreement",
    [
        pytest.param({"valid_until": timedelta(minutes=-1)}, id="over"),
        pytest.param({"valid_from": timedelta(hours=1)}, id="not begun"),
    ],
)
def test_without_an_agreement_no_technician_of_the_company_goes(day: Day, agreement: dict[str, timedelta]) -> None:
    day.map("A . J", step_m=500)
    terms = {name: day.clock.now() + offset for name, offset in agreement.items()}
    day.provider("Fixers", groups=["all"], **terms)
    day.technician("A", provider="Fixers")
    assert reasons(nearest(day, "J")) == {"A": ["agreement_expired"]}
    day.later("2 h")
    day.ping("A")
    assert names(nearest(day, "J")) == (["A"] if "valid_from" in agreement else [])


def test_external_people_work_for_the_groups_of_their_company(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.provider("Fixers", groups=["phones"])
    day.technician("A", group="ovens", provider="Fixers")
    day.technician("B", group="ovens")
    ranking = nearest(day, "J", group="ovens")
    assert names(ranking) == ["B"]
    assert reasons(ranking) == {"A": ["wrong_group"]}
    change(day, "Fixers", group_ids=(day.group("phones"), day.group("ovens")))
    assert names(nearest(day, "J", group="ovens")) == ["A", "B"]


def test_external_people_are_there_only_for_whom_their_company_works(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.provider("Fixers", groups=["phones"])
    day.technician("A", group="ovens", provider="Fixers")
    day.technician("B", group="ovens")
    dispatcher = Scope(group_ids=frozenset({day.group("ovens")}))
    assert names(nearest(day, "J", scope=dispatcher)) == ["B"]
    assert reasons(nearest(day, "J", scope=dispatcher)) == {}
    with day.database.transaction(day.org_id) as tx:
        assert [one.name for one in list_technicians(tx, dispatcher).items] == ["B"]
        assert [one.name for one in get_picture(tx, dispatcher).technicians] == ["B"]
        with pytest.raises(NotFoundError):
            get_technician(tx, dispatcher, day.people["A"])
        question = nearest(day, "J", scope=dispatcher).question
        assert explain_one(tx, question, day.people["A"]) is None


def test_asking_for_the_house_or_for_companies_alone(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    day.provider("Fixers", groups=["all"])
    day.technician("A", provider="Fixers")
    day.technician("B")
    assert names(nearest(day, "J")) == ["A", "B"]
    assert names(nearest(day, "J", staff=Staff.INTERNAL)) == ["B"]
    assert names(nearest(day, "J", staff=Staff.PROVIDERS)) == ["A"]
    assert reasons(nearest(day, "J", staff=Staff.INTERNAL)) == {}


def test_a_skill_of_few_is_found_at_the_base_too(day: Day) -> None:
    day.map("A . J . V", step_m=500)
    day.provider("Fixers", base="V", groups=["all"], works_from=WorksFrom.BASE)
    day.technician("A")
    day.technician("B", last_ping=None, on_duty=False, provider="Fixers", skills=["weld"])
    assert names(nearest(day, "J", skills=("weld",))) == ["B"]
    assert reasons(nearest(day, "J", skills=("weld",))) == {"A": [ExclusionCode.MISSING_SKILL.value]}


def test_an_agreement_that_cannot_be_is_refused(day: Day) -> None:
    with pytest.raises(InvalidError) as refused:
        day.provider("Fixers", works_from=WorksFrom.BASE)
    assert refused.value.errors[0].pointer == "/base"
    now = day.clock.now()
    with pytest.raises(InvalidError) as refused:
        day.provider("Fixers", valid_from=now, valid_until=now)
    assert refused.value.errors[0].pointer == "/valid_until"


def change(day: Day, provider: str, **changes: Any) -> None:
    with day.database.transaction(day.org_id) as tx:
        update_provider(tx, day.boss, day.providers[provider], changes=changes)
